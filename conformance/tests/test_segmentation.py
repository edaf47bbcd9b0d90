"""How the examiner's bytes are cut: in memory, over TCP, and what a sweep of cuts brings to light."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from ws_conformance.cases import CASES
from ws_conformance.memory import Delivery, rehearse
from ws_conformance.model import Case, Outcome
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.base import tampered
from ws_conformance.mutants.demo_server import echo_server
from ws_conformance.peer import Chunk, Peer, Role, Signal
from ws_conformance.run import Options, run_servers
from ws_conformance.segmentation import FINE_BYTES, check_segmentation, delivery_for, places_words
from ws_conformance.selection import Selection, select
from ws_conformance.servers import Cutting
from ws_conformance.sockets import Wire, listening
from ws_conformance.urls import Connecting, parse_target
from ws_conformance.usage import UsageError
from ws_reports.record import Run, Verdict

pytestmark = pytest.mark.exhaustive

BOUND_SECONDS = 30.0
WAYS = ("bytes", "glued", "random:7", "1", "3")


def cases(*words: str) -> tuple[Case, ...]:
    return select(CASES, Selection(words=words), Role.SERVER)


def cut(how: str, *chunks: Chunk, case_id: str = "a/case") -> list[Chunk]:
    delivery = delivery_for(how, case_id)
    assert delivery is not None
    return list(delivery(list(chunks)))


def judged(make_peer: Callable[[], Peer], chosen: tuple[Case, ...], cutting: Cutting) -> Run:
    async def story() -> Run:
        async with asyncio.timeout(BOUND_SECONDS), listening(make_peer) as port:
            target = parse_target(f"ws://127.0.0.1:{port}/", Connecting())
            return await run_servers([target], chosen, Options(scale=3.0, cutting=cutting))

    return asyncio.run(story())


def refuses_a_ping_cut_behind_its_third_byte() -> Peer:
    faulty = tampered(incoming=lambda data: b"\xc9" + data[1:] if len(data) == 3 and data[0] == 0x89 else data)
    return faulty(Role.SERVER)


def refuses_an_empty_ping_unless_cut_behind_its_first_byte() -> Peer:
    faulty = tampered(incoming=lambda data: b"\xc9" + data[1:] if data[:2] == b"\x89\x80" else data)
    return faulty(Role.SERVER)


# --- the words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["whole", "bytes", "glued", "random", "random:x", "1", "77"])
def test_a_way_to_cut_is_taken_as_it_is_written(how: str) -> None:
    assert check_segmentation(how) == how


@pytest.mark.parametrize("how", ["", "0", "-1", "half", "bytes:3", "random:"])
def test_what_is_no_way_to_cut_is_named_with_a_remedy(how: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_segmentation(how)

    assert f"'{how}'" in caught.value.problem
    assert "glued" in caught.value.remedy


def test_places_read_as_a_list() -> None:
    assert places_words([4]) == "byte 4"
    assert places_words([2, 3, 5]) == "byte 2, 3 or 5"


# --- the cuts ---------------------------------------------------------------------------------------------------------


def test_no_way_to_cut_changes_the_bytes_or_their_order() -> None:
    chunks: list[Chunk] = [b"first of them", b"", b"x", Signal.HALF_END, b"y" * 1000, Signal.END]

    for how in WAYS:
        pieces = cut(how, *chunks)

        assert [piece for piece in pieces if isinstance(piece, Signal)] == [Signal.HALF_END, Signal.END]
        assert b"".join(p for p in pieces if isinstance(p, bytes)) == b"".join(
            c for c in chunks if isinstance(c, bytes)
        )


def test_each_way_cuts_as_it_says() -> None:
    assert cut("bytes", b"abc", Signal.END) == [b"a", b"b", b"c", Signal.END]
    assert cut("glued", b"ab", b"c", Signal.HALF_END, b"d") == [b"abc", Signal.HALF_END, b"d"]
    assert cut("2", b"abc", b"de") == [b"ab", b"c", b"de"]
    assert len(cut("bytes", bytes(FINE_BYTES + 1000))) == FINE_BYTES + 1


def test_random_cuts_are_those_of_the_seed_and_the_case() -> None:
    data = bytes(range(200))

    assert cut("random:1", data) == cut("random:1", data)
    assert cut("random:1", data) != cut("random:2", data)
    assert cut("random:1", data) != cut("random:1", data, case_id="another/case")


@pytest.mark.parametrize("how", WAYS)
def test_the_reference_passes_however_the_bytes_are_cut(how: str) -> None:
    for case in cases("framing/mask", "control/ping", "closing/codes"):
        delivery = delivery_for(how, case.id)
        assert delivery is not None

        finding = rehearse(case, reference_peer(Role.SERVER), Role.SERVER, delivery=delivery).finding

        assert (finding.outcome, finding.departures) == (Outcome.PLAYED, ()), case.id


# --- over TCP ---------------------------------------------------------------------------------------------------------


class Said:
    """Says its chunks at once, and remembers what it hears."""

    def __init__(self, *chunks: Chunk) -> None:
        self._chunks = list(chunks)
        self.heard: list[Chunk] = []

    def receive(self, chunk: Chunk, now: float) -> None:
        self.heard.append(chunk)

    def transmit(self, now: float) -> list[Chunk]:
        said, self._chunks = self._chunks, []
        return said

    def next_deadline(self) -> float | None:
        return None


def heard_over_tcp(how: str, *chunks: Chunk) -> list[Chunk]:
    """Return the chunks in which what is said, cut so, arrives at the other end of a connection."""
    listener = Said()

    async def story() -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(BOUND_SECONDS), listening(lambda: listener) as port:
            delivery: Delivery | None = delivery_for(how, "a/case")
            _, wire = await loop.create_connection(lambda: Wire(Said(*chunks), delivery=delivery), "127.0.0.1", port)
            await wire.closed

    asyncio.run(story())
    return listener.heard


def test_each_piece_is_a_write_of_its_own_and_the_end_comes_behind_the_last() -> None:
    heard = heard_over_tcp("bytes", b"abcdef", Signal.END)

    assert heard[-1] is Signal.END
    assert b"".join(chunk for chunk in heard if isinstance(chunk, bytes)) == b"abcdef"
    assert len(heard) > 3  # a busy machine may read two pieces at once, but not nearly all


def test_what_is_glued_arrives_in_one_piece() -> None:
    assert heard_over_tcp("glued", b"abc", b"def", Signal.END) == [b"abcdef", Signal.END]


@pytest.mark.parametrize("how", WAYS)
def test_a_sound_server_passes_over_tcp_however_the_bytes_are_cut(how: str) -> None:
    run = judged(echo_server, cases("framing/mask", "control/ping"), Cutting(how))

    assert {case.verdict for case in run.cases} == {Verdict.PASS}
    assert run.limits.segmentation == how


# --- sweeps -----------------------------------------------------------------------------------------------------------


def test_a_sweep_of_a_sound_server_finds_nothing() -> None:
    run = judged(echo_server, cases("control/ping/empty", "framing/mask/unmasked-text"), Cutting(sweep=True))

    assert {case.verdict for case in run.cases} == {Verdict.PASS}
    assert {case.segmentation for case in run.cases} == {None}
    assert run.limits.segmentation == "sweep to 16"


def test_a_verdict_that_changes_with_the_cut_names_the_cut() -> None:
    run = judged(refuses_a_ping_cut_behind_its_third_byte, cases("control/ping/empty"), Cutting(sweep=True))

    (changed,) = run.cases
    assert changed.verdict is Verdict.INCONCLUSIVE
    assert changed.segmentation == "3"
    assert changed.reason == "inconclusive only when each chunk is cut behind byte 3; pass when sent whole"


def test_a_failure_that_a_cut_hides_is_still_a_failure() -> None:
    chosen = cases("control/ping/empty")

    run = judged(refuses_an_empty_ping_unless_cut_behind_its_first_byte, chosen, Cutting(sweep=True))

    assert run.cases[0].verdict is Verdict.FAIL
    assert run.cases[0].segmentation is None
    assert run.cases[0].reason == "fail when sent whole, pass when each chunk is cut behind byte 1"
