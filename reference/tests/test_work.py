"""Work grows with the bytes that come, and with nothing else (RFC 6455 §10.4). It is counted, never timed."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

import pytest
from ws_reference.connection import Connection
from ws_reference.frames import Frame, Opcode, Role, serialize
from ws_reference.limits import Limits
from ws_reference.masking import mask

KEY = bytes.fromhex("37fa213d")
KIBIBYTE, MEBIBYTE = 1024, 1024 * 1024
LIMITS = Limits(frame_length=1 << 40, message_length=1 << 40)


class Plain(Connection):
    """Takes no short cuts."""


class Chunk(bytes):
    """Received bytes, and whatever is made of them by slicing and adding; they tell ``moved`` how long that is."""

    moved: list[int]

    def __getitem__(self, index: object) -> int | bytes:  # type: ignore[override]  # the two cases are told apart
        part = super().__getitem__(index)  # type: ignore[call-overload]  # an index or a slice, as it comes
        return chunk(part, self.moved) if isinstance(part, bytes) else part

    def __add__(self, other: bytes) -> bytes:  # type: ignore[override]  # bytes are all there is
        return chunk(super().__add__(other), self.moved)

    def __radd__(self, other: bytes) -> bytes:
        return chunk(other + bytes(self), self.moved) if other else self


def chunk(data: bytes, moved: list[int]) -> Chunk:
    moved.append(len(data))
    noted = Chunk(data)
    noted.moved = moved
    return noted


@dataclass(frozen=True, slots=True)
class Work:
    """How many ``calls`` there were, also of functions in C, and how many ``bytes`` were moved.

    They are moved when what was received is sliced, added to what was held, or unmasked.
    """

    calls: int
    bytes: int


def work_on(kind: type[Connection], role: Role, data: bytes, reads: int, events: int = 1) -> Work:
    """Return what it takes an endpoint to receive ``data`` in so many bytes at a time."""
    moved: list[int] = []

    def noting_mask(payload: bytes, masking_key: bytes) -> bytes:
        moved.append(len(payload))
        return mask(bytes(payload), bytes(masking_key))

    connection = kind(role, new_masking_key=lambda: KEY, limits=LIMITS, mask=noting_mask)
    assert sum(len(connection.receive(chunk(part, moved))) for part in cut(data, reads)) == events

    connection = kind(role, new_masking_key=lambda: KEY, limits=LIMITS)
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    for part in cut(data, reads):
        connection.receive(part)
    sys.setprofile(before)
    return Work(calls, sum(moved) - len(data))


def wire(role: Role, *frames: Frame) -> bytes:
    return b"".join([serialize(frame, KEY if role is Role.SERVER else None) for frame in frames])


def cut(data: bytes, length: int) -> Iterator[bytes]:
    return (data[start : start + length] for start in range(0, len(data), length))


@pytest.fixture(params=Role)
def role(request: pytest.FixtureRequest) -> Role:
    assert isinstance(request.param, Role)
    return request.param


@pytest.fixture(params=[Connection, Plain])
def kind(request: pytest.FixtureRequest) -> type[Connection]:
    found: type[Connection] = request.param
    return found


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize(
    "length", [KIBIBYTE, 32 * KIBIBYTE, MEBIBYTE, pytest.param(64 * MEBIBYTE, marks=pytest.mark.exhaustive)]
)
def test_a_byte_costs_the_same_in_short_frames_and_in_long_ones(
    kind: type[Connection], role: Role, opcode: Opcode, length: int
) -> None:
    work = work_on(kind, role, wire(role, Frame(opcode, bytes(length))), 64 * KIBIBYTE)

    assert work.bytes < 3 * length
    assert work.calls < length / 1000 + 60


@pytest.mark.parametrize("fragments", [1, 100, 2_000, pytest.param(100_000, marks=pytest.mark.exhaustive)])
def test_a_fragment_costs_the_same_among_few_and_among_many(kind: type[Connection], role: Role, fragments: int) -> None:
    frames = [Frame(Opcode.CONTINUATION, b"x" * 10, fin=i == fragments - 1) for i in range(fragments)]
    frames[0].opcode = Opcode.TEXT
    data = wire(role, *frames)

    work = work_on(kind, role, data, 64 * KIBIBYTE)

    assert work.bytes < 3 * len(data)
    assert work.calls < 20 * fragments + 60


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize("reads", [1, 2, 7, 1400])
@pytest.mark.parametrize("length", [KIBIBYTE, 8 * KIBIBYTE])
def test_a_read_costs_the_same_however_many_there_are(
    kind: type[Connection], role: Role, opcode: Opcode, reads: int, length: int
) -> None:
    data = wire(role, Frame(opcode, bytes(length)))

    work = work_on(kind, role, data, reads)

    assert work.bytes < (3 + 20 / reads) * len(data) + 100
    assert work.calls < 40 * len(data) / reads + 60


@pytest.mark.parametrize("reads", [1, 3, 1000])
@pytest.mark.parametrize("how_many", [10, 300])
def test_short_frames_cost_the_same_however_they_are_read(
    kind: type[Connection], role: Role, reads: int, how_many: int
) -> None:
    data = wire(role, *[Frame(Opcode.TEXT, b"x" * 20), Frame(Opcode.PONG, b"x" * 20)] * how_many)

    work = work_on(kind, role, data, reads, events=2 * how_many)

    assert work.bytes < (3 + 40 / reads) * len(data)
    assert work.calls < 40 * (len(data) / reads + 2 * how_many)


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_a_short_message_in_two_reads_keeps_to_the_short_cut(role: Role, opcode: Opcode) -> None:
    how_many = 100
    data = wire(role, *[Frame(opcode, b"x" * 1000)] * how_many)

    short, plain = (work_on(kind, role, data, 1400, events=how_many) for kind in (Connection, Plain))

    assert short.calls < 0.75 * plain.calls
    assert short.bytes < 5 * len(data)
