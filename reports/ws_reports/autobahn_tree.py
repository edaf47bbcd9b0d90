"""A run as the files that Autobahn|Testsuite writes, so that scripts that read those go on working.

Keys and words are that suite's; what stands behind them is our run. Where several of our cases cover one of its ids,
the gravest speaks for all. What our record does not know is what a quiet run of that suite would say: no timeout, no
statistics of traffic. ``expectedClose`` is empty, because we accept reactions, not codes.
"""

import json
import re
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ws_reports.escape import cut, distinct, file_name, harmless, markup
from ws_reports.record import CaseResult, Check, Run, Target, Verdict, WireEvent, gravest_check
from ws_reports.standing import by_target

TEXT_LENGTH = 2000
"""How many characters one text has at most."""
PAYLOAD_BYTES = 64
"""How many bytes of one payload are shown."""
EVENTS = 1000
"""How many events of one case are listed."""

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

_BEHAVIOR: Mapping[Verdict, str] = {
    Verdict.PASS: "OK",
    Verdict.LENIENT: "NON-STRICT",
    Verdict.INFO: "INFORMATIONAL",
    Verdict.UNSUPPORTED: "UNIMPLEMENTED",
    Verdict.FAIL: "FAILED",
    Verdict.INCONCLUSIVE: "FAILED",
    Verdict.ERROR: "FAILED",
}
_ABOUT_CODES = re.compile(r"6455/(7\.4(\.[12])?|7\.1\.5)/|6455/(7\.1\.7|5\.5\.1)/close-code")
_ABOUT_CLOSING = re.compile(r"6455/(7\.|5\.5\.1/)")
_ABOUT_ENDING_TCP = "6455/7.1.1/"
_NOT_IN_AGENTS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class _Entry:
    """What stands under one id of one agent: our cases for it, the gravest first."""

    agent: str
    target: Target
    id: str
    cases: tuple[CaseResult, ...]

    @property
    def case(self) -> CaseResult:
        """Return the case that speaks for all."""
        return self.cases[0]


def render(run: Run, *, every: bool = False) -> dict[str, bytes]:
    """Return the contents of each file, by its path: below ``servers/`` and ``clients/`` by the role of the targets.

    Only cases that cover one of Autobahn's are in it; with ``every``, the others are too, under our ids.
    """
    entries = list(_entries(run, every=every))
    names = distinct(((entry.target.role, entry.agent, entry.id) for entry in entries), _file_name)
    files: dict[str, bytes] = {}
    indices: dict[str, dict[str, dict[str, object]]] = {f"{target.role}s": {} for target in run.targets}
    numbers: Counter[str] = Counter()
    for entry in entries:
        folder = f"{entry.target.role}s"
        name = f"{names[entry.target.role, entry.agent, entry.id]}.json"
        numbers[entry.agent] += 1
        report = _case_file(run, entry, numbers[entry.agent])
        files[f"{folder}/{name}"] = _json(report)
        kept = ("behavior", "behaviorClose", "remoteCloseCode", "duration")
        row = {key: report[key] for key in kept} | {"reportfile": name}
        indices.setdefault(folder, {}).setdefault(entry.agent, {})[harmless(entry.id)] = row
    return {f"{folder}/index.json": _json(index) for folder, index in indices.items()} | files


def _entries(run: Run, *, every: bool) -> Iterator[_Entry]:
    pairs = by_target(run)
    called = {target.name: _agent(target) for target, _ in pairs}
    agents = distinct(called, called.__getitem__)
    for target, cases in pairs:
        found: dict[str, list[CaseResult]] = {}
        for case in cases:
            ids = case.aliases.get("autobahn", ())
            for identifier in ids or ((case.id,) if every else ()):
                if case.verdict is not Verdict.SKIPPED:
                    found.setdefault(identifier, []).append(case)
        for identifier in sorted(found, key=_order):
            gravest_first = sorted(found[identifier], key=lambda case: _rank(case.verdict))
            yield _Entry(agents[target.name], target, identifier, tuple(gravest_first))


def _agent(target: Target) -> str:
    """Return what the target is called: by its user, or else by itself, or else by us."""
    name = target.name if target.name != target.id else target.agent or target.name
    return harmless(cut(name, 100))


def _order(identifier: str) -> list[tuple[int, str]]:
    """Return what sorts ids as a reader counts: 1.2 before 1.10, and ours behind Autobahn's."""
    return [(int(part[:9]), "") if part.isdecimal() else (10**9, part) for part in identifier.split(".")]


def _rank(verdict: Verdict) -> int:
    return tuple(Verdict).index(verdict)


def _file_name(key: tuple[str, str, str]) -> str:
    _, agent, identifier = key
    cleaned = file_name(_NOT_IN_AGENTS.sub("_", agent.lower()).strip("_"))
    return f"{cleaned}_case_{file_name(identifier).replace('.', '_')}"


# --- a case -----------------------------------------------------------------------------------------------------------


def _case_file(run: Run, entry: _Entry, number: int) -> dict[str, object]:
    case = entry.case
    wire = case.wire[:EVENTS]
    closing = _closing(wire)
    return {
        "agent": entry.agent,
        "behavior": _BEHAVIOR[case.verdict],
        "behaviorClose": _behavior_close(case, closing),
        "case": number,
        "closedByMe": closing.closed_by_us,
        "createStats": True,
        "createWirelog": True,
        "description": _description(entry),
        "droppedByMe": closing.dropped_by_us,
        "duration": round(case.seconds * 1000),
        "expectation": markup(cut(f"Accepted: {' | '.join(_accepted(case)) or case.because}", TEXT_LENGTH)),
        "expected": {"OK": [["accepted", _text(accepted)] for accepted in _accepted(case)]},
        "expectedClose": {"closeCode": [], "closedByMe": None, "requireClean": False},
        "failedByMe": False,
        "httpRequest": _head(wire, "out" if entry.target.role == "server" else "in"),
        "httpResponse": _head(wire, "in" if entry.target.role == "server" else "out"),
        "id": harmless(entry.id),
        "isServer": entry.target.role == "client",
        "localCloseCode": closing.ours.code,
        "localCloseReason": closing.ours.reason,
        "received": list(_received(wire)),
        "remoteCloseCode": closing.theirs.code,
        "remoteCloseReason": closing.theirs.reason,
        "reportCompressionRatio": False,
        "reportTime": False,
        "result": _result(entry),
        "resultClose": closing.words,
        "rxFrameStats": _frame_counts(wire, "in"),
        "rxOctetStats": _octet_counts(wire, "in"),
        "started": harmless(cut(run.run.started, 100)),
        "trafficStats": None,
        "txFrameStats": _frame_counts(wire, "out"),
        "txOctetStats": _octet_counts(wire, "out"),
        "wasClean": closing.is_clean,
        "wasCloseHandshakeTimeout": False,
        "wasNotCleanReason": None if closing.is_clean else closing.words,
        "wasOpenHandshakeTimeout": False,
        "wasServerConnectionDropTimeout": False,
        "wirelog": [row for event in wire for row in _wire_rows(event)],
    }


def _description(entry: _Entry) -> str:
    """Return which of our cases stand behind the id, as HTML, which is what readers of these files take it for."""
    others = f" (and {len(entry.cases) - 1} more)" if len(entry.cases) > 1 else ""
    return markup(cut(f"{entry.case.id}{others}: {entry.case.because or entry.case.title}", TEXT_LENGTH))


def _accepted(case: CaseResult) -> Sequence[str]:
    check = gravest_check(case)
    return check.accepted if check is not None and check.accepted else case.accepted


def _result(entry: _Entry) -> str:
    case = entry.case
    check = gravest_check(case)
    seen = case.observed if check is None else check.message or check.observed or case.observed
    words = {
        Verdict.INCONCLUSIVE: f"inconclusive: {case.reason or seen}",
        Verdict.ERROR: f"inconclusive: {case.reason or case.verdict.meaning}",
        Verdict.UNSUPPORTED: case.reason or case.verdict.meaning,
    }
    return _text(words.get(case.verdict, seen or case.verdict.meaning))


def _behavior_close(case: CaseResult, closing: "_Closing") -> str:
    """Return that suite's second verdict, by the check that was off."""
    match case.verdict:
        case Verdict.PASS:
            return "OK"
        case Verdict.INFO | Verdict.UNSUPPORTED:
            return "INFORMATIONAL"
        case Verdict.LENIENT:
            return _lenient_close(gravest_check(case))
        case Verdict.FAIL:
            return _failed_close(gravest_check(case), closing)
        case _:
            return "FAILED"


def _lenient_close(check: Check | None) -> str:
    if check is not None and _ABOUT_CODES.match(check.requirement):
        return "WRONG CODE"
    if check is not None and check.requirement.startswith(_ABOUT_ENDING_TCP):
        return "FAILED BY CLIENT"
    return "OK"


def _failed_close(check: Check | None, closing: "_Closing") -> str:
    if check is not None and _ABOUT_CODES.match(check.requirement):
        return "WRONG CODE"
    if check is not None and _ABOUT_CLOSING.match(check.requirement) and not closing.is_clean:
        return "UNCLEAN"
    return "FAILED"


# --- closing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Close:
    """A Close frame: where it is in the wire, and what it says; all None if there was none."""

    at: int | None = None
    code: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Closing:
    """How a connection ended. ``ended_by_us`` is None if TCP did not end while it was watched."""

    ours: _Close
    theirs: _Close
    ended_by_us: bool | None

    @property
    def closed_by_us(self) -> bool:
        """Return whether we sent the first Close."""
        return self.ours.at is not None and (self.theirs.at is None or self.ours.at < self.theirs.at)

    @property
    def dropped_by_us(self) -> bool:
        """Return whether we ended TCP first, which we do when we have seen enough."""
        return self.ended_by_us is not False

    @property
    def is_clean(self) -> bool:
        """Return whether both sent a Close."""
        return self.ours.at is not None and self.theirs.at is not None

    @property
    def words(self) -> str:
        """Return how the connection ended, in a sentence."""
        if self.is_clean:
            return "Both endpoints sent a Close."
        if self.theirs.at is not None:
            return "The peer sent a Close."
        if self.ended_by_us is False:
            return "The peer ended TCP without a Close."
        return "The examiner had seen enough before a closing handshake."


def _closing(wire: Sequence[WireEvent]) -> _Closing:
    ends = [event.dir == "out" for event in wire if event.kind in ("end", "reset", "half-end")]
    return _Closing(ours=_close(wire, "out"), theirs=_close(wire, "in"), ended_by_us=ends[0] if ends else None)


def _close(wire: Sequence[WireEvent], direction: str) -> _Close:
    for index, event in enumerate(wire):
        if event.dir == direction and event.frame is not None and event.frame.op == CLOSE:
            payload = _payload(event)
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else None
            return _Close(index, code, _shown(payload[2:]) if len(payload) > 2 else None)
    return _Close()


# --- the wire ---------------------------------------------------------------------------------------------------------


def _head(wire: Sequence[WireEvent], direction: str) -> str:
    """Return the first HTTP head that went in ``direction``, each of its lines harmless."""
    for event in wire:
        if event.kind == "http" and event.dir == direction:
            return "\r\n".join(map(_text, bytes.fromhex(event.hex).decode("latin-1").split("\r\n")))
    return ""


def _received(wire: Sequence[WireEvent]) -> Iterator[list[object]]:
    """Yield the messages, Pings and Pongs that came, put together from their fragments."""
    message, opcode = b"", TEXT
    for event in wire:
        if event.dir == "out" or event.frame is None:
            continue
        match event.frame.op:
            case 0 | 1 | 2:
                message = (message if event.frame.op == 0 else b"") + _payload(event)[:PAYLOAD_BYTES]
                opcode = event.frame.op or opcode
                if event.frame.fin:
                    yield ["message", _shown(message), opcode == BINARY]
            case 9 | 10:
                yield ["ping" if event.frame.op == PING else "pong", _shown(_payload(event))]


def _frame_counts(wire: Sequence[WireEvent], direction: str) -> dict[str, int]:
    """Return how many frames of each opcode went in ``direction``."""
    return dict(Counter(str(event.frame.op) for event in wire if event.frame is not None and event.dir == direction))


def _octet_counts(wire: Sequence[WireEvent], direction: str) -> dict[str, int]:
    """Return how often something of each length went in ``direction``."""
    return dict(Counter(str(event.length) for event in wire if event.length and event.dir == direction))


def _wire_rows(event: WireEvent) -> Iterator[list[object]]:
    """Yield the rows of that suite's wire log: octets, and behind them the frame that they are."""
    if event.kind not in ("frame", "bytes"):
        return
    data = event.hex[: 2 * PAYLOAD_BYTES] + (" ..." if event.length > PAYLOAD_BYTES else "")
    yield ["TO", [event.length, data], False] if event.dir == "out" else ["RO", [event.length, data]]
    frame = event.frame
    if frame is None:
        return
    payload = [frame.len, _shown(_payload(event))]
    if event.dir == "out":
        yield ["TF", payload, frame.op, frame.fin, frame.rsv, frame.key, None, None, False]
    else:
        yield ["RF", payload, frame.op, frame.fin, frame.rsv, frame.masked, frame.key]


def _payload(event: WireEvent) -> bytes:
    """Return as much of the payload of a frame as the record holds, unmasked."""
    assert event.frame is not None
    data = bytes.fromhex(event.hex)[max(0, event.length - event.frame.len) :]
    if event.frame.masked and event.frame.key:
        key = bytes.fromhex(event.frame.key)
        data = bytes(byte ^ key[index % len(key)] for index, byte in enumerate(data))
    return data


def _shown(payload: bytes) -> str:
    """Return the beginning of ``payload`` as text, or in hexadecimal if it is not UTF-8."""
    begin = payload[:PAYLOAD_BYTES]
    try:
        return harmless(getincrementaldecoder("utf-8")().decode(begin, len(payload) <= PAYLOAD_BYTES))
    except UnicodeDecodeError:
        return f"0x{begin.hex()}"


def _text(text: str) -> str:
    return harmless(cut(text, TEXT_LENGTH))


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, indent=3).encode() + b"\n"
