"""What the fixtures of the pytest plugin are: one case to be played against a target, and many cases in one test."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TypeVar

import msgspec
import pytest
from ws_reports.console import failure_block, summary_block
from ws_reports.record import CaseResult, Run, Verdict, gravest_check

from .cases import ALL_CASES
from .embedding import Rig, client_rig, in_process_rig, server_rig
from .model import Case
from .peer import Role
from .probing import NotThereError
from .run import FailOn, Options
from .sansio import Factory
from .segmentation import WHOLE, check_segmentation
from .selection import Selection, select
from .servers import Cutting
from .urls import Connecting
from .usage import UsageError

EVERY_BOUNDARY = "every-boundary"
"""The segmentation that plays each case whole, and with a cut at each place, as ``--sweep`` does."""

RIGS = 16
"""How many of the targets that were tried are kept."""

BLOCKS = 10
"""How many failures a test shows that plays many cases, one of each kind."""

Target = str | Sequence[str] | Factory
"""The URL of a server, the words of a command that starts a client, or what makes connections in this process."""

_Result = TypeVar("_Result")
_OWN_MODULES = frozenset({"asyncio", __name__.partition(".")[0]})


class ConformanceError(AssertionError):
    """A target does not conform, or nobody can tell; says of it what the command would say."""


class WsspecCase:
    """One case, as the fixture ``wsspec_case`` gives it. ``case`` is what it consists of."""

    def __init__(self, case: Case, rigs: Rigs, node: pytest.Item) -> None:
        self.case = case
        self._rigs = rigs
        self._node = node

    def run(self, target: Target | None = None, *, connecting: Connecting | None = None) -> CaseResult:
        """Play the case against ``target``, or the server of ``--wsspec-url``; return what came of it.

        ``connecting`` says how to connect to a URL. Raises ConformanceError if the case fails or nobody can tell, and
        skips the test where the target does not do what the case needs.
        """
        __tracebackhide__ = True
        with _Telling():
            run = _at_once(self._judged(target, connecting))
        return self._concluded(run)

    async def run_async(self, target: Target | None = None, *, connecting: Connecting | None = None) -> CaseResult:
        """Do the same in a test that is a coroutine, as it has to be if the target lives in the same event loop."""
        __tracebackhide__ = True
        with _Telling():
            run = await self._judged(target, connecting)
        return self._concluded(run)

    async def _judged(self, target: Target | None, connecting: Connecting | None) -> Run:
        rig = await self._rigs.rig(target, role_of(self._node), connecting or Connecting())
        return await rig.judge([self.case])

    def _concluded(self, run: Run) -> CaseResult:
        """Return the only result of ``run``, if that is a good one."""
        __tracebackhide__ = True
        (result,) = run.cases
        self._node.user_properties.append(("wsspec_verdict", result.verdict.value))
        if result.verdict in self._rigs.failing:
            raise ConformanceError(failure_block(result, run))
        if not result.verdict.was_run:
            pytest.skip(result.reason or result.verdict.meaning)
        if result.verdict is not Verdict.PASS:
            self._node.add_report_section("call", "wsspec", failure_block(result, run))
        return result


class WsspecSansIO:
    """The cases that a test chooses, as the fixture ``wsspec_sansio`` gives them."""

    def __init__(self, rigs: Rigs, node: pytest.Item) -> None:
        self._rigs = rigs
        self._node = node

    def drive(self, factory: Factory, *, role: str | None = None, segmentation: str = WHOLE) -> Run:
        """Play the cases against what ``factory`` makes, anew for each, in virtual time; return the record.

        ``role`` is "server" unless this or the marker says "client". ``segmentation`` says how bytes are cut in both
        directions, as the option of that name has it; it may also be EVERY_BOUNDARY. Raises ConformanceError if a case
        fails or nobody can tell, or if none could be played.
        """
        __tracebackhide__ = True
        with _Telling():
            run = _at_once(self._judged(factory, role_of(self._node) if role is None else _role(role), segmentation))
        bad = [case for case in run.cases if case.verdict in self._rigs.failing]
        if bad or not any(case.verdict.was_run for case in run.cases):
            raise ConformanceError(_words(run, bad))
        return run

    async def _judged(self, factory: Factory, role: Role, segmentation: str) -> Run:
        sweep = segmentation == EVERY_BOUNDARY
        cutting = Cutting(WHOLE if sweep else check_segmentation(segmentation), sweep)
        rig = await in_process_rig(factory, role, replace(self._rigs.options, cutting=cutting))
        return await rig.judge(chosen_cases(self._node, role))


class Rigs:
    """The targets that were tried in a session, the latest RIGS of them, each known by what named it."""

    def __init__(self, config: pytest.Config) -> None:
        scale = config.getoption("--wsspec-scale") or float(os.environ.get("WSSPEC_SCALE", "1"))
        self.options = Options(scale=scale, fail_on=FailOn(config.getoption("--wsspec-fail-on")))
        self.failing = self.options.fail_on.verdicts | {Verdict.INCONCLUSIVE, Verdict.ERROR}
        self._url: str = config.getoption("--wsspec-url") or config.getini("wsspec_url")
        self._rigs: dict[object, Rig] = {}

    async def rig(self, target: Target | None, role: Role, connecting: Connecting) -> Rig:
        """Return the rig for ``target``, which is tried the first time. Raises UsageError and NotThereError."""
        target = target or self._url
        if not target:
            raise UsageError("wsspec_case.run() names no target", "name one, or give --wsspec-url")
        named = target if callable(target) or isinstance(target, str) else tuple(target)
        key = named, role, connecting
        if key not in self._rigs:
            self._rigs[key] = await self._new(named, role, connecting)
            if len(self._rigs) > RIGS:
                del self._rigs[next(iter(self._rigs))]
        return self._rigs[key]

    async def _new(self, target: Target, role: Role, connecting: Connecting) -> Rig:
        if callable(target):
            return await in_process_rig(target, role, self.options)
        if isinstance(target, str) != (role is Role.SERVER):
            raise UsageError(
                f"{target!r} is no {role.value}",
                "a server is named by its URL, and a client, for which the marker says role='client', by the words of "
                "its command in a list",
            )
        if isinstance(target, str):
            return await server_rig(target, self.options, connecting)
        return await client_rig(target, self.options)


# --- which cases ------------------------------------------------------------------------------------------------------


def chosen_cases(node: pytest.Item, role: Role) -> tuple[Case, ...]:
    """Return the cases for ``role`` that the marker of ``node`` means, or else the command line or configuration.

    Raises UsageError.
    """
    marker = _marker(node)
    words = marker.args or node.config.getoption("--wsspec-select") or node.config.getini("wsspec_select")
    try:
        selection = _selection(words, **marker.kwargs)
    except TypeError as error:
        raise UsageError(f"pytest.mark.wsspec: {error}", "'pytest --markers' shows what it takes") from error
    return select(ALL_CASES, selection, role)


Words = str | Sequence[str]


def _selection(
    words: Sequence[str],
    *,
    role: str = "",
    area: Words = (),
    rfc: Words = (),
    req: Words = (),
    level: Words = (),
    needs: Words = (),
    tag: Words = (),
    autobahn: Words = (),
    exclude: Words = (),
    limits: bool = False,
) -> Selection:
    """Return what the arguments of a marker mean, which are the options of ``wsspec list``; for ``role`` see above."""
    return Selection(
        words=tuple(words),
        areas=_each(area),
        sections=_each(rfc),
        requirements=_each(req),
        levels=_each(level),
        needs=_each(needs),
        tags=_each(tag),
        autobahn=_each(autobahn),
        exclude=_each(exclude),
        limits=limits,
    )


def _each(words: Words) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def role_of(node: pytest.Item) -> Role:
    """Return the role that the target of a test has. Raises UsageError."""
    return _role(_marker(node).kwargs.get("role", Role.SERVER.value))


def _role(word: str) -> Role:
    if word not in ("server", "client"):
        raise UsageError(f"role {word!r} is not known", "say 'server' or 'client'")
    return Role(word)


def _marker(node: pytest.Item) -> pytest.Mark:
    return node.get_closest_marker("wsspec") or pytest.mark.wsspec.mark


# --- what is told -----------------------------------------------------------------------------------------------------


class _Telling:
    """Makes of our errors what pytest says in words, and takes our own part out of the traceback of others."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        __tracebackhide__ = True
        if isinstance(error, UsageError | NotThereError):
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        if error is not None:
            error.__traceback__ = _not_ours(trace) or trace


def _not_ours(trace: TracebackType | None) -> TracebackType | None:
    """Return ``trace`` from where code of somebody else was called on."""
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").partition(".")[0] in _OWN_MODULES:
        trace = trace.tb_next
    return trace


def _words(run: Run, bad: Sequence[CaseResult]) -> str:
    """Return the blocks of what is ``bad``, one of each kind, and the summary of ``run``."""
    kinds: dict[str, CaseResult] = {}
    for case in bad:
        check = gravest_check(case)
        kinds.setdefault(case.reason or (check and (check.signature or check.requirement)) or "", case)
    blocks = [failure_block(case, run) for case in list(kinds.values())[:BLOCKS]]
    left_out = len(bad) - len(blocks)
    counted = [f"… {left_out} more"] if left_out > 0 else []
    unended = msgspec.structs.replace(run, run=msgspec.structs.replace(run.run, exit=None))
    return "\n\n".join([*blocks, *counted, summary_block(unended)])


def _at_once(work: Coroutine[object, object, _Result]) -> _Result:
    """Return what ``work`` comes to, in an event loop that nobody else gets to see. Raises UsageError."""
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        work.close()
        raise UsageError("an event loop is running already", "say 'await wsspec_case.run_async(…)' in a coroutine")
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)
