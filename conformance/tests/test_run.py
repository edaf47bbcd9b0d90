"""Whole runs over TCP, against the reference, broken copies of it, and servers that are hardly there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count

import pytest
from ws_conformance import noise, servers
from ws_conformance.cases import ALL_CASES, CASES
from ws_conformance.model import Case, Result
from ws_conformance.mutants import MUTANTS, reference_peer
from ws_conformance.mutants.demo_server import demo_server, echo_server
from ws_conformance.mutants.liars import ClosesAtOnce, NeverSpeaks, OpensAnd
from ws_conformance.mutants.limits import MORTALS, Mortal
from ws_conformance.peer import Peer, Role
from ws_conformance.probing import Behaviour, NotThereError, Site
from ws_conformance.run import FailOn, Options, run_servers
from ws_conformance.selection import Selection, select
from ws_conformance.sockets import examine_server, listening
from ws_conformance.testing import free_port
from ws_conformance.urls import Connecting, parse_target
from ws_reports import html
from ws_reports.record import CaseResult, ExitCode, Run, Verdict

BOUND_SECONDS = 60.0
QUICK = Options()


def cases(*words: str) -> Sequence[Case]:
    return select(CASES, Selection(words=words), Role.SERVER)


class Remembering:
    """A listener that keeps what it is told, and calls ``on_result`` with each result."""

    def __init__(self, on_result: Callable[[], None] = lambda: None) -> None:
        self._on_result = on_result
        self.plan: Mapping[str, int] = {}
        self.results: list[CaseResult] = []
        self.run: Run | None = None

    def begun(self, run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> None:
        assert not run.cases
        self.plan = plan

    def played(self, case: CaseResult) -> None:
        self.results.append(case)
        self._on_result()

    def ended(self, run: Run) -> None:
        self.run = run


def judged(
    make_peer: Callable[[], Peer],
    chosen: Sequence[Case],
    options: Options = QUICK,
    *,
    connecting: Connecting | None = None,
    path: str = "/",
    listener: Remembering | None = None,
) -> Run:
    """Serve ``make_peer`` on a port of its own and return the record of a run against it."""

    async def story() -> Run:
        async with asyncio.timeout(BOUND_SECONDS), listening(make_peer) as port:
            target = parse_target(f"ws://127.0.0.1:{port}{path}", connecting or Connecting())
            return await run_servers([target], chosen, options, [listener] if listener else ())

    return asyncio.run(story())


def verdicts(run: Run) -> set[Verdict]:
    return {case.verdict for case in run.cases}


# --- a server that is well ----------------------------------------------------------------------------------------


def test_the_reference_passes_and_the_results_are_in_the_order_of_the_cases() -> None:
    chosen = cases("framing/mask", "control/ping")
    listener = Remembering()

    run = judged(echo_server, chosen, listener=listener)

    assert verdicts(run) == {Verdict.PASS}
    assert [case.id for case in run.cases] == [case.id for case in chosen]
    assert [case.n for case in run.cases] == list(range(1, len(chosen) + 1))
    assert run.run.exit == ExitCode.OK
    assert run.run.complete
    assert run.targets[0].probed == {
        "open": True,
        "pong": True,
        "reply": True,
        "echo": True,
        "pushes": False,
        "deflate": False,
    }
    assert listener.plan == {"framing": len(cases("framing/mask")), "control": len(cases("control/ping"))}
    assert len(listener.results) == len(chosen)
    assert listener.run == run


@pytest.mark.parametrize(("stands_before", "verdict"), [(None, Verdict.FAIL), ("app 2.1", Verdict.LENIENT)])
def test_a_proxy_is_told_from_the_server_that_it_stands_before(stands_before: str | None, verdict: Verdict) -> None:
    (mutant,) = (mutant for mutant in MUTANTS if mutant.breaks == ("9110/15.5.22/a-426-carries-upgrade",))
    chosen = cases("handshake/version/426-carries-upgrade")

    run = judged(lambda: mutant.make(Role.SERVER), chosen, replace(QUICK, stands_before=stands_before))

    assert verdicts(run) == {verdict}
    assert run.targets[0].stands_before == stands_before
    assert ("stands before" in html.render(run)) is (stands_before is not None)


def test_the_noise_of_this_machine_is_in_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "NULL_SECONDS", BOUND_SECONDS)

    run = judged(echo_server, cases("control/ping/empty"))

    assert run.env.noise_ms.keys() == {"p50", "p90", "p99"}


@pytest.mark.exhaustive
def test_each_target_gets_every_case_under_a_number_of_its_own() -> None:
    chosen = cases("framing/mask")

    async def story() -> Run:
        async with listening(echo_server) as good, listening(demo_server) as bad:
            targets = [parse_target(f"ws://127.0.0.1:{port}/", Connecting()) for port in (good, bad)]
            return await run_servers(targets, chosen, QUICK)

    run = asyncio.run(story())

    assert [case.n for case in run.cases] == list(range(1, 2 * len(chosen) + 1))
    assert {case.target for case in run.cases if case.verdict is Verdict.FAIL} == {"t2"}


def test_two_runs_with_one_seed_send_the_same_bytes() -> None:
    def sent(run: Run) -> list[str]:
        return [event.hex for case in run.cases for event in case.wire if event.dir == "out" and event.kind == "frame"]

    first, second, third = (judged(echo_server, cases("control/ping/empty"), Options(seed=seed)) for seed in (1, 1, 2))

    assert sent(first) == sent(second)
    assert sent(first) != sent(third)


# --- servers that are not -----------------------------------------------------------------------------------------


def test_a_failure_is_repeated_alone_and_both_attempts_are_recorded() -> None:
    run = judged(demo_server, cases("framing/mask/unmasked-text"))

    assert run.cases[0].verdict is Verdict.FAIL
    assert run.cases[0].attempts == (Verdict.FAIL, Verdict.FAIL)
    assert run.run.exit == ExitCode.FAILURES


def test_the_verdict_is_that_of_the_repetition() -> None:
    chosen = cases("framing/mask/unmasked-text")
    played = count()

    def sound_from_the_second_time_on() -> Peer:
        return reference_peer(Role.SERVER) if next(played) > 5 else demo_server()

    run = judged(sound_from_the_second_time_on, chosen)

    assert run.cases[0].attempts == (Verdict.FAIL, Verdict.PASS)
    assert run.cases[0].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (Options(scale=0.25, fail_on=FailOn.NEVER), ExitCode.OK),
        (Options(scale=0.25, fail_on=FailOn.SHOULD), ExitCode.FAILURES),
        (Options(scale=0.25, exit_zero=True), ExitCode.OK),
    ],
)
def test_what_makes_a_run_fail_is_up_to_the_user(options: Options, code: ExitCode) -> None:
    assert judged(demo_server, cases("framing/mask/unmasked-text"), options).run.exit == code


def test_where_nobody_listens_nothing_is_judged() -> None:
    async def story() -> Run:
        target = parse_target(f"ws://127.0.0.1:{free_port()}/", Connecting())
        return await run_servers([target], cases("framing/mask"), QUICK)

    run = asyncio.run(story())

    assert run.run.exit == ExitCode.NOT_REACHABLE
    assert verdicts(run) == {Verdict.INCONCLUSIVE}
    assert all("Connection refused" in (case.reason or "") and not case.attempts for case in run.cases)


def test_where_no_handshake_completes_nothing_is_judged() -> None:
    run = judged(ClosesAtOnce, cases("framing/mask"))

    assert run.run.exit == ExitCode.NOT_REACHABLE
    assert "no connection was opened" in (run.cases[0].reason or "")


def test_a_target_that_comes_up_later_is_waited_for() -> None:
    async def story() -> Run:
        port = free_port()
        target = parse_target(f"ws://127.0.0.1:{port}/", Connecting())
        run = asyncio.create_task(run_servers([target], cases("control/ping/empty"), Options(wait=20.0)))
        await asyncio.sleep(0)
        async with listening(echo_server, port=port):
            return await run

    assert asyncio.run(story()).run.exit == ExitCode.OK


@pytest.mark.exhaustive
def test_what_a_target_cannot_do_is_not_asked_of_it() -> None:
    chosen = cases("utf8/valid/taken-empty", "framing/mask")

    run = judged(lambda: OpensAnd(Role.SERVER, NeverSpeaks), chosen, Options(scale=0.25))

    assert run.targets[0].probed["pong"] is False
    unsupported = [case for case in run.cases if case.verdict is Verdict.UNSUPPORTED]
    assert unsupported
    assert all("needs" in (case.reason or "") and not case.attempts for case in unsupported)


def test_a_declared_behaviour_is_not_probed() -> None:
    chosen = cases("framing/mask/unmasked-text", "handshake/method/post")

    opaque = judged(echo_server, chosen, Options(behaviour=Behaviour.OPAQUE))
    handshake = judged(echo_server, chosen, Options(behaviour=Behaviour.HANDSHAKE))

    assert opaque.targets[0].probed["echo"] is None
    by_area = {case.id.split("/")[0]: case.verdict for case in handshake.cases}
    assert by_area == {"handshake": Verdict.PASS, "framing": Verdict.UNSUPPORTED}


# --- servers that die ---------------------------------------------------------------------------------------------


def test_failures_of_a_target_that_dies_are_undecided_and_the_rest_is_not_dialled() -> None:
    made = count()

    def mortal() -> Peer:
        return demo_server() if next(made) < 30 else ClosesAtOnce()

    run = judged(mortal, cases("framing"), Options(scale=0.25, jobs=4))

    assert Verdict.FAIL not in verdicts(run)
    assert run.run.exit == ExitCode.UNDECIDED
    assert any("no longer answers" in (case.reason or "") for case in run.cases)


def test_a_port_that_closes_mid_run_names_the_suspects_and_stops_the_dialling() -> None:
    chosen = cases("framing")
    made = count()

    async def story() -> Run:
        over = asyncio.Event()
        port = free_port()

        def counted() -> Peer:
            if next(made) == 40:
                over.set()
            return echo_server()

        async def serve() -> None:
            async with listening(counted, port=port):
                await over.wait()

        serving = asyncio.create_task(serve())
        target = parse_target(f"ws://127.0.0.1:{port}/", Connecting())
        run = await run_servers([target], chosen, Options(scale=0.25, jobs=2, wait=5.0))
        await serving
        return run

    run = asyncio.run(story())

    reasons = [case.reason or "" for case in run.cases if case.verdict is Verdict.INCONCLUSIVE]
    assert run.run.exit == ExitCode.UNDECIDED
    assert any("Connection refused" in reason for reason in reasons)
    assert any("the target no longer answers" in reason for reason in reasons)
    assert len(run.cases) == len(chosen)


def test_a_case_that_ends_the_target_is_named_although_it_went_well_itself() -> None:
    connections: list[Mortal] = []

    def connection() -> Peer:
        if any(each.dead for each in connections):
            return ClosesAtOnce()
        mortal = dies_of_a_reset.make(Role.SERVER)
        assert isinstance(mortal, Mortal)
        connections.append(mortal)
        return mortal

    dies_of_a_reset = MORTALS[0]
    words = ("limits/ends/reset-inside-the-head", "control/ping/empty")

    run = judged(connection, select(ALL_CASES, Selection(words=words), Role.SERVER), Options(scale=0.25))

    by_id = {case.id: case for case in run.cases}
    assert by_id["control/ping/empty"].verdict is Verdict.PASS
    fatal = by_id["limits/ends/reset-inside-the-head"]
    assert fatal.verdict is Verdict.FAIL
    assert "serves nobody after this case" in fatal.checks[0].message


# --- our own end --------------------------------------------------------------------------------------------------


def test_a_crash_of_our_own_is_an_error_with_its_place_and_not_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def crashing(case: Case, *others: object) -> Result:
        if case.id == "framing/mask/unmasked-text":
            raise ZeroDivisionError("\x1b[31mnot the target's fault")
        return await real(case, *others)

    real: Callable[..., Awaitable[Result]] = examine_server
    monkeypatch.setattr(servers, "examine_server", crashing)

    run = judged(echo_server, cases("framing/mask"))

    crashed = next(case for case in run.cases if case.verdict is Verdict.ERROR)
    assert "ZeroDivisionError" in (crashed.reason or "")
    assert "\x1b" not in (crashed.reason or "")
    assert run.run.exit == ExitCode.INTERNAL_ERROR


def test_a_time_limit_leaves_the_rest_undecided() -> None:
    run = judged(
        lambda: OpensAnd(Role.SERVER, NeverSpeaks), cases("framing/mask"), Options(jobs=1, scale=0.25, time_limit=0.5)
    )

    assert run.run.complete
    assert any("time limit of 0.5 s" in (case.reason or "") for case in run.cases)
    assert len(run.cases) == len(cases("framing/mask"))


def test_an_interrupted_run_leaves_a_partial_record() -> None:
    async def story() -> Run:
        begun = asyncio.Event()
        listener = Remembering(begun.set)
        async with listening(lambda: OpensAnd(Role.SERVER, NeverSpeaks)) as port:
            target = parse_target(f"ws://127.0.0.1:{port}/", Connecting())
            run = asyncio.create_task(run_servers([target], cases("framing"), Options(jobs=8), [listener]))
            await begun.wait()
            run.cancel()
            return await run

    run = asyncio.run(story())

    assert not run.run.complete
    assert run.run.exit == ExitCode.INTERRUPTED
    assert 0 < len(run.cases) < len(cases("framing"))


# --- secrets ------------------------------------------------------------------------------------------------------


def test_no_secret_is_in_the_record_in_any_form() -> None:
    from ws_reports.record import encode

    connecting = Connecting(headers=("Authorization: Bearer sesame-open-sesame", "Cookie: s=1"))

    run = judged(echo_server, cases("control/ping/empty"), connecting=connecting, path="/?token=swordfish")

    document = encode(run)
    for secret in (b"sesame-open-sesame", b"swordfish", b"Cookie: s=1"):
        assert secret not in document
        assert secret.hex().encode() not in document
    assert run.redacted == ("header:Authorization", "header:Cookie", "url:query")
    assert b"Authorization: ***" in document
