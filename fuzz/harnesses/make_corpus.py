"""Makes the seeds of the corpora from what the suite knows: the bytes of its cases, and its example of a record.

    python make_corpus.py

Files of other names, such as what atheris has found, stay as they are.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator

import msgspec
from fuzz_examiner import PLAYED
from harness import CORPUS
from ws_conformance.cases import CASES
from ws_conformance.exporting import export
from ws_conformance.memory import rehearse
from ws_conformance.model import Result
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.demo_server import demo_server
from ws_conformance.observer import accept_spellings
from ws_conformance.peer import Role
from ws_conformance.vectors import Data, Deflate, Document, Fill, Repeat, Send, Slice, Vector
from ws_conformance.wire import RSV1, FrameReader, apply_mask
from ws_reports.escape import file_name
from ws_reports.events import write_events
from ws_reports.example import example_run
from ws_reports.record import encode, with_cases

SEED_BYTES = 400
"""The longest seed that is made of a case."""

ONE_BY_ONE = ("fuzz_deflate", "fuzz_extensions")
"""The harnesses for which every case of a family is a seed, since each is another kind of input."""

KEYS = {"fuzz_handshake": base64.b64encode(b"the sample nonce").decode(), "fuzz_observer": "dGhlIHNhbXBsZSBub25jZQ=="}
"""The Sec-WebSocket-Key for which answers are seeds."""

Seed = tuple[str, str, bytes]
"""A harness, a name, and the input."""


def main() -> None:
    """Write all seeds, each but once."""
    document = export(CASES, "")
    seen: set[bytes] = set()
    for harness, name, data in (*of_vectors(document), *of_conversations(), *of_records()):
        digest = hashlib.sha256(harness.encode() + data).digest()
        if digest not in seen:
            seen.add(digest)
            folder = CORPUS / harness
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file_name(name)).write_bytes(data)


# --- cases ------------------------------------------------------------------------------------------------------------


def of_vectors(document: Document) -> Iterator[Seed]:
    """Yield the seeds of vectors that are short enough, for most harnesses one for each family of cases."""
    families: set[tuple[str, ...]] = set()
    for vector in document.vectors:
        for harness, name, data in of_vector(vector, document):
            family = (harness, *vector.id.split("/")[:2], vector.role, vector.kind)
            is_wanted = family not in families or harness in ONE_BY_ONE
            if is_wanted and len(data) <= SEED_BYTES:
                families.add(family)
                yield harness, name, data


def of_vector(vector: Vector, document: Document) -> Iterator[Seed]:
    name = f"{vector.role}-{vector.id.replace('/', '-')}"
    speaks = 1 if vector.role == "server" else 0  # the observer's target is who says this: the other role
    if vector.kind == "frames":
        sent = said(vector, document, "")
        yield "fuzz_connection", name, configured(vector) + sent
        yield "fuzz_observer", name, bytes((speaks, 1, 0)) + sent
        yield from (("fuzz_deflate", name, bytes((0, 255)) + payload) for payload in compressed(sent))
        return
    is_client = vector.role == "client"
    compresses = "deflate" in vector.needs
    heads = {harness: said(vector, document, key) for harness, key in KEYS.items()}
    yield "fuzz_handshake", name, bytes((is_client, compresses, 0)) + heads["fuzz_handshake"]
    yield "fuzz_observer", name, bytes((speaks, 0, 0)) + heads["fuzz_observer"]
    for value in re.findall(rb"Sec-WebSocket-Extensions: ([^\r\n]+)", heads["fuzz_handshake"]):
        yield "fuzz_extensions", name, bytes(4) + value


def configured(vector: Vector) -> bytes:
    """Return the choices with which fuzz_connection makes such a connection, with large limits, read whole."""
    agreed = None if vector.negotiated is None else vector.negotiated.permessage_deflate
    wanted = agreed or Deflate()
    return bytes(
        (
            vector.role == "client",
            agreed is not None,
            wanted.server_no_context_takeover,
            wanted.client_no_context_takeover,
            wanted.server_max_window_bits - 8,
            wanted.client_max_window_bits - 8,
            13,
            0,
        )
    )


def compressed(sent: bytes) -> Iterator[bytes]:
    return (frame.payload for frame in FrameReader(SEED_BYTES).feed(sent) if frame.rsv & RSV1)


def said(vector: Vector, document: Document, key: str) -> bytes:
    """Return all that ``vector`` sends, to a client that has sent ``key``."""
    return b"".join(joined(step.bytes, document, key) for step in vector.steps if isinstance(step, Send))


def joined(data: Data, document: Document, key: str) -> bytes:
    return b"".join(part_bytes(part, document, key) for part in data)


def part_bytes(part: str | Repeat | Slice | Fill, document: Document, key: str) -> bytes:
    match part:
        case str():
            return bytes.fromhex(part)
        case Repeat(data, times):
            return bytes.fromhex(data) * times
        case Slice(blob, start, length, mask):
            cut = joined(document.blobs[blob], document, key)[start : start + length]
            return cut if mask is None else apply_mask(cut, bytes.fromhex(mask))
        case Fill(what):
            return {**accept_spellings(key), "{key}": key}[f"{{{what}}}"].encode()


# --- conversations and records ----------------------------------------------------------------------------------------


def of_conversations() -> Iterator[Seed]:
    """Yield what the reference and a broken server say in the cases that fuzz_examiner plays."""
    for number, (case, role) in enumerate(PLAYED):
        name = f"{role.value}-{case.id.replace('/', '-')}"
        yield "fuzz_examiner", name, bytes((number, 0, 0)) + heard(rehearse(case, reference_peer(role), role))
        if role is Role.SERVER:
            yield "fuzz_examiner", f"broken-{name}", bytes((number, 0, 0)) + heard(rehearse(case, demo_server(), role))


def heard(result: Result) -> bytes:
    return b"".join(turn.heard for turn in result.transcript if isinstance(turn.heard, bytes))


def of_records() -> Iterator[Seed]:
    """Yield records and events of one case each, and changes to the example, each for another format."""
    run = msgspec.structs.replace(example_run(), requirements=())
    for number, case in enumerate(run.cases):
        one = with_cases(run, [msgspec.structs.replace(case, wire=case.wire[:1], checks=case.checks[:1])])
        yield "fuzz_records", f"record-{case.verdict.value}-{number}", bytes((0, number)) + encode(one)
    yield "fuzz_records", "events", bytes((1, 0)) + write_events(with_cases(run, run.cases[:1]))
    yield from (("fuzz_reports", f"value-{kind}", bytes((kind, 0, 0, 7 * kind, kind))) for kind in range(14))
    for number, text in enumerate(HOSTILE):
        yield "fuzz_reports", f"text-{number}", bytes((number, 0, 0, 40 * number, 20, len(text))) + text


HOSTILE: Iterable[bytes] = (
    b"\x1b[2J\x1b]0;owned\x07",
    b"<script>alert(1)</script>",
    b"::error::x ##vso[task]",
    "\u202e\u2066\ufeff\u2028".encode(),
    b"\xff\xfe\x80",
    b"{{7*7}}{% raw %}",
)


if __name__ == "__main__":
    main()
