"""The loop that clients written for Autobahn's suite go through: how many cases, each case, and the reports.

Such a client connects again and again, each time to another path. Agents are told apart by the name they give, and may
overlap. Nothing here does I/O: a path becomes a Peer, and results are told as they come.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qs

import msgspec
from ws_reports.escape import visible
from ws_reports.record import CaseResult, Verdict

from ..autobahn import autobahn_table
from ..examiner import Examiner
from ..head import RequestHead
from ..model import Case, Result, Setting
from ..peer import Peer, Role
from ..recording import case_title, record_result, record_unplayed
from .reception import HttpAnswer, Teller, Watched

AGENTS = 100
"""How many agents are told apart."""

AGENT_LENGTH = 100
"""How many characters of an agent's name are shown."""

BEHAVIORS = {
    Verdict.PASS: "OK",
    Verdict.LENIENT: "NON-STRICT",
    Verdict.INFO: "INFORMATIONAL",
    Verdict.FAIL: "FAILED",
}
"""Autobahn's words for our verdicts; any other is UNIMPLEMENTED: it is neither well nor a failure."""


class Profile(Enum):
    """Which cases are numbered: Autobahn's first, in its order, and then ours, or only the former."""

    ALL = "all"
    AUTOBAHN = "autobahn"


@dataclass(frozen=True, slots=True)
class Slot:
    """A number of the loop: what is played under it, and the id that it has there."""

    name: str
    case: Case


def numbering(cases: Sequence[Case], profile: Profile) -> tuple[Slot, ...]:
    """Return what is played under the numbers from 1 on. Autobahn's ids stand for the first of our cases for them."""
    mine = {case.id: case for case in cases if Role.CLIENT in case.roles}
    first = {
        number: next((mine[case_id] for case_id in ids if case_id in mine), None)
        for number, ids in sorted(autobahn_table().items(), key=lambda entry: _place(entry[0]))
    }
    slots = [Slot(number, case) for number, case in first.items() if case is not None]
    if profile is Profile.ALL:
        covered = {slot.case.id for slot in slots}
        slots += [Slot(case.id, case) for case in mine.values() if case.id not in covered]
    return tuple(slots)


def _place(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


@dataclass(slots=True)
class Agent:
    """A client by the name it gives, the ``index``-th to appear, and its results by their numbers from 1.

    ``target`` is its name in the record, which nobody else has.
    """

    name: str
    index: int
    target: str
    results: dict[int, CaseResult] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)


class Loop:
    """Answers the clients of a run.

    ``target_name`` says what the n-th agent is called in the record. ``on_agent`` is told of each agent when it
    appears, ``on_result`` of each result, ``on_reports`` when reports are asked for. ``is_over`` once a client has said
    that it wants the run to end.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        setting: Setting,
        run_id: str,
        *,
        target_name: Callable[[int], str] = "t{}".format,
        on_agent: Callable[[Agent], None] = lambda agent: None,
        on_result: Callable[[CaseResult], None] = lambda result: None,
        on_reports: Callable[[], None] = lambda: None,
    ) -> None:
        self.agents: dict[str, Agent] = {}
        self.is_over = False
        self._slots = slots
        self._names = {slot.name: number for number, slot in enumerate(slots, start=1)}
        self._setting = setting
        self._run_id = run_id
        self._target_name = target_name
        self._on_agent = on_agent
        self._on_result = on_result
        self._on_reports = on_reports

    def route(self, head: RequestHead) -> Peer:
        """Return who answers the request ``head``."""
        path, _, words = head.target.partition("?")
        query = {name: values[-1] for name, values in parse_qs(words).items()}
        match path:
            case "/getCaseCount":
                return Teller(head, lambda: str(len(self._slots)))
            case "/getCaseInfo":
                return self._info(head, query)
            case "/runCase":
                return self._play(query)
            case "/getCaseStatus":
                return self._status(head, query)
            case "/updateReports":
                self._on_reports()
                self.is_over = self.is_over or query.get("shutdownOnComplete", "").lower() == "true"
                return Teller(head, str)
            case "/stopServer":
                self.is_over = True
                return Teller(head, str)
            case _:
                return HttpAnswer(
                    "404 Not Found",
                    b"There are /getCaseCount, /getCaseInfo, /runCase, /getCaseStatus, /updateReports and /stopServer; "
                    b"Autobahn's direct commands are not served.\n",
                )

    def admit(self, name: str) -> Agent:
        """Return a new agent that is called ``name``."""
        index = len(self.agents) + 1
        agent = self.agents[name] = Agent(visible(name, AGENT_LENGTH), index, self._target_name(index))
        self._on_agent(agent)
        return agent

    def not_played(self, reason: str) -> Iterator[CaseResult]:
        """Yield a result with ``reason`` for each case of each agent that has none."""
        for agent in self.agents.values():
            for number, slot in enumerate(self._slots, start=1):
                if number not in agent.results:
                    yield self._unplayed(agent, number, slot, reason)

    # --- the answers ---

    def _info(self, head: RequestHead, query: Mapping[str, str]) -> Peer:
        number = self._number(query)
        if number is None:
            return self._no_such_case()
        slot = self._slots[number - 1]
        info = {"id": slot.name, "description": f"{case_title(slot.case)}. {slot.case.because}"}
        return Teller(head, lambda: json.dumps(info))

    def _play(self, query: Mapping[str, str]) -> Peer:
        number = self._number(query)
        agent = self._agent(query)
        if number is None or agent is None:
            return self._no_such_case()
        agent.asked.add(number)
        examiner = Examiner(self._slots[number - 1].case, Role.CLIENT, self._setting)
        return Watched(examiner, lambda result: self._keep(agent, number, result))

    def _status(self, head: RequestHead, query: Mapping[str, str]) -> Peer:
        number = self._number(query)
        agent = self._agent(query)
        if number is None or agent is None:
            return self._no_such_case()

        def words() -> str | None:
            result = agent.results.get(number)
            if result is None and number in agent.asked:
                return None
            behavior = "UNIMPLEMENTED" if result is None else BEHAVIORS.get(result.verdict, "UNIMPLEMENTED")
            return json.dumps({"behavior": behavior})

        return Teller(head, words)

    def _no_such_case(self) -> Peer:
        words = f"Say case=N, from 1 to {len(self._slots)}, or casetuple=ID; and agent=NAME, of at most {AGENTS}.\n"
        return HttpAnswer("404 Not Found", words.encode())

    # --- cases and agents ---

    def _number(self, query: Mapping[str, str]) -> int | None:
        """Return the number of the case that is asked for, if there is one."""
        if "casetuple" in query:
            return self._names.get(query["casetuple"])
        digits = query.get("case", "")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else 0
        return number if 1 <= number <= len(self._slots) else None

    def _agent(self, query: Mapping[str, str]) -> Agent | None:
        """Return the agent that is asking, if it is not one too many."""
        name = query.get("agent", "a client without a name")
        return self.agents.get(name) or (self.admit(name) if len(self.agents) < AGENTS else None)

    def _keep(self, agent: Agent, number: int, result: Result) -> None:
        seconds = result.transcript[-1].at - result.transcript[0].at
        recorded = record_result(
            result, n=self._n(agent, number), target=agent.target, seconds=seconds, run_id=self._run_id
        )
        before = agent.results.get(number)
        attempts = (*(before.attempts if before is not None else ()), *recorded.attempts)
        agent.results[number] = msgspec.structs.replace(
            recorded, attempts=attempts, aliases=self._aliases(number, recorded)
        )
        self._on_result(agent.results[number])

    def _unplayed(self, agent: Agent, number: int, slot: Slot, reason: str) -> CaseResult:
        recorded = record_unplayed(
            slot.case,
            Verdict.INCONCLUSIVE,
            reason,
            n=self._n(agent, number),
            target=agent.target,
            run_id=self._run_id,
            attempted=number in agent.asked,
        )
        return msgspec.structs.replace(recorded, aliases=self._aliases(number, recorded))

    def _aliases(self, number: int, recorded: CaseResult) -> dict[str, tuple[str, ...]]:
        """Return the one id of Autobahn's that this number stands for: a case of ours may stand for several."""
        name = self._slots[number - 1].name
        return recorded.aliases if name == recorded.id else {"autobahn": (name,)}

    def _n(self, agent: Agent, number: int) -> int:
        return (agent.index - 1) * len(self._slots) + number
