"""A relay between two peers of others: what it says itself, what it carries, and what it makes of the conversation."""

from __future__ import annotations

import shlex
import sys
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from ws_conformance.command import main
from ws_conformance.observer import accept_for
from ws_conformance.peer import Role, Signal
from ws_conformance.targets.relaying import ROUNDS, SEED, Conversation
from ws_conformance.wire import CLOSE, CONTINUATION, TEXT, FrameReader, WireFrame, serialize
from ws_reports.record import ExitCode
from ws_reports.relay import Relayed, Talk, render

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
REQUEST = (
    f"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
).encode()
ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Accept: {accept_for(KEY)}\r\n\r\n"
).encode()
PYTHON = shlex.quote(sys.executable)
PEERS = shlex.quote(str(Path(__file__).with_name("peers")))
HEAD = 'language = "Python"\nengine = "wsspec"\nused = "here"\ntier = 1\n'


class Masks:
    """Masking keys that are not used twice."""

    def __init__(self) -> None:
        self._count = 0

    def frame(self, frame: WireFrame) -> bytes:
        self._count += 1
        return serialize(frame, masked=True, masking_key=self._count.to_bytes(4, "big"))


def plain(frame: WireFrame) -> bytes:
    return serialize(frame, masked=False, masking_key=bytes(4))


def read(data: bytes) -> list[WireFrame]:
    return FrameReader(1 << 20).feed(data)


def opened() -> Conversation:
    conversation = Conversation()
    assert conversation.hear(Role.CLIENT, REQUEST) == (b"", REQUEST)
    to_client, to_server = conversation.hear(Role.SERVER, ANSWER)
    assert to_client == ANSWER
    (seed,) = read(to_server)
    assert (seed.opcode, seed.payload, seed.masked) == (TEXT, SEED, True)
    return conversation


def test_two_that_echo_are_led_through_a_whole_conversation() -> None:
    conversation, masks = opened(), Masks()

    for _ in range(ROUNDS):
        assert conversation.hear(Role.SERVER, plain(WireFrame(TEXT, SEED))) == (plain(WireFrame(TEXT, SEED)), b"")
        echo = masks.frame(WireFrame(TEXT, SEED))
        assert conversation.hear(Role.CLIENT, echo) == (b"", echo)
    to_client, _ = conversation.hear(Role.SERVER, plain(WireFrame(TEXT, SEED)))
    assert [frame.opcode for frame in read(to_client)] == [TEXT, CLOSE]
    close = masks.frame(WireFrame(CLOSE, b"\x03\xe8"))
    assert conversation.hear(Role.CLIENT, close) == (b"", close)
    assert conversation.hear(Role.SERVER, plain(WireFrame(CLOSE, b"\x03\xe8"))) == (b"", b"")
    conversation.hear(Role.SERVER, Signal.END)

    assert conversation.problem is None
    assert conversation.breaches == []
    assert conversation.codes == {Role.CLIENT: 1000, Role.SERVER: 1000}


def test_close_is_put_between_messages_only() -> None:
    conversation, masks = opened(), Masks()
    for _ in range(ROUNDS):
        conversation.hear(Role.SERVER, plain(WireFrame(TEXT, SEED)))
        conversation.hear(Role.CLIENT, masks.frame(WireFrame(TEXT, SEED)))

    begun, _ = conversation.hear(Role.SERVER, plain(WireFrame(TEXT, SEED[:9], fin=False)))
    whole, _ = conversation.hear(Role.SERVER, plain(WireFrame(CONTINUATION, SEED[9:])))

    assert [frame.opcode for frame in read(begun)] == [TEXT]
    assert [frame.opcode for frame in read(whole)] == [CONTINUATION, CLOSE]


def test_a_client_that_speaks_first_is_not_interrupted() -> None:
    conversation, masks = Conversation(), Masks()
    conversation.hear(Role.CLIENT, REQUEST)
    early = masks.frame(WireFrame(TEXT, b"hello"))
    conversation.hear(Role.CLIENT, early[:3])

    conversation.hear(Role.SERVER, ANSWER)
    conversation.hear(Role.CLIENT, early[3:])

    assert conversation.problem == "the client sent another message, of 5 bytes"


def test_what_no_peer_may_send_is_noted_and_carried_all_the_same() -> None:
    conversation = opened()
    masked = Masks().frame(WireFrame(TEXT, SEED))

    assert conversation.hear(Role.SERVER, masked) == (masked, b"")

    assert conversation.breaches == ["server: 6455/5.1/server-frames-are-not-masked: a masked TEXT frame"]


def test_a_refusal_is_the_problem() -> None:
    conversation = Conversation()
    conversation.hear(Role.CLIENT, REQUEST)
    conversation.hear(Role.SERVER, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    assert conversation.problem == "the server refused the opening handshake with 403"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("targets")
    echo = f"[server]\ncommand = '''{PYTHON} -m ws_conformance echo --port {{port}}'''\n"
    visitor = f"[client]\ncommand = '''{PYTHON} {PEERS}/websockets_client.py {{url}}'''\n"
    (folder / "well.toml").write_text(HEAD + echo + visitor)
    (folder / "never.toml").write_text(HEAD + "[server]\ncommand = 'false {port}'\n[client]\ncommand = 'false {url}'\n")
    return folder


@pytest.mark.exhaustive
def test_each_client_talks_to_each_server_and_who_is_absent_is_a_problem(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    names = [word for name in ("well", "never") for word in ("--servers", name, "--clients", name)]

    with pytest.raises(SystemExit) as exited:
        main(["matrix", "relay", *names, "--from", str(folder), "--report-dir", str(tmp_path)])

    assert exited.value.code == ExitCode.FAILURES
    assert "✓ well → well  " in capsys.readouterr().out
    assert (tmp_path / "relay.html").exists()
    relayed = msgspec.json.decode((tmp_path / "relay.json").read_bytes(), type=Relayed)
    well, no_client, no_server, neither = relayed.talks
    assert well.is_well
    assert well.agreed.startswith("permessage-deflate")
    assert well.round_trips >= ROUNDS
    assert well.closed == (1000, 1000)
    assert no_client.problem is not None
    assert "the client ended with status 1" in no_client.problem
    assert no_server.problem is not None
    assert no_server.problem == neither.problem
    assert "the server is absent" in no_server.problem


def test_the_page_shows_hostile_text_and_runs_nothing() -> None:
    evil = "<script>alert(1)</script>\x1b[2J"
    page = render(
        Relayed(suite=evil, started=evil, talks=(Talk(client=evil, server=evil, problem=evil, breaches=(evil,)),))
    )
    tags: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)

    Parser().feed(page)
    assert "script" not in tags
    assert "\x1b" not in page
