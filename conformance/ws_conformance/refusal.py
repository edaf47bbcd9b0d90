"""What follows a refusal on its connection: its body, other answers or requests, and what must not be there."""

from __future__ import annotations

from collections.abc import Iterator

from .body import BodyReader
from .head import HeadReader, ResponseHead, read_response_head
from .model import AnsweredAgain, Breach, RequirementId
from .wire import BINARY, CLOSE, PING, PONG, TEXT, opcode_name

ANSWERS = 20
"""How many further answers are read."""

BEGINNING = b"HTTP/"
FIRST_BYTES = {0x80 | opcode: opcode for opcode in (TEXT, BINARY, CLOSE, PING, PONG)}
"""The first bytes of lawful frames, which no HTTP begins with."""

READS_CLOSE: RequirementId = "9112/9.6/client-that-reads-close-ends-the-connection"


def begins_like_a_request(data: bytes) -> bool | None:
    """Return whether ``data`` of a client begins an HTTP request, None for "need more".

    A method is made of letters, and a client's frame is masked: its second byte is above 7F (§5.1, §5.2).

    >>> begins_like_a_request(b"GET /"), begins_like_a_request(b"G"), begins_like_a_request(b"\\x81\\x80")
    (True, None, False)
    """
    if not data[:1].isalpha():
        return False
    return data[1:2].isalpha() if len(data) > 1 else None


class AfterRefusal:
    """Reads on behind the head of a refusal that answers a request with ``method``."""

    def __init__(self, head: ResponseHead, method: str) -> None:
        self._method = method
        self._body = BodyReader(head, method)
        self._head = HeadReader()
        self._is_lost = False
        self._answers_left = ANSWERS

    def observe(self, data: bytes) -> Iterator[AnsweredAgain | Breach]:
        """Yield what ``data`` brings. Behind what is neither HTTP nor a frame nothing can be told any more."""
        while (data := self._body.feed(data)) and not self._is_lost:
            behind = self._head.pending + data
            if not behind.startswith(BEGINNING[: len(behind)]):
                self._is_lost = True
                yield from self._breaches(behind[0])
                return
            whole = self._head.feed(data)
            if whole is None:
                return
            head, data = whole
            answer = read_response_head(head)
            self._answers_left -= 1
            self._is_lost = answer.status < 200 or self._answers_left == 0
            self._body = BodyReader(answer, "GET")
            yield AnsweredAgain(answer)

    def _breaches(self, first_byte: int) -> Iterator[Breach]:
        if self._method == "HEAD":
            yield Breach("9110/9.3.2/head-gets-no-content", "content in the answer to HEAD")
        elif first_byte in FIRST_BYTES:
            name = opcode_name(FIRST_BYTES[first_byte])
            yield Breach("6455/4.2.1/bad-request-is-not-processed-further", f"a {name} frame behind a refusal")
