"""The record of one conformance run: its types, its JSON form, and what is computed from its cases.

A record says what was run, against what, what was seen and what that means, so that every report can be made
from it alone, years later, by somebody who has neither the suite nor the target. Any producer may write one.

The rules of the format. Within a version it only grows: a reader ignores fields it does not know. Times are
seconds from the start of the case on a clock that only grows; ``started`` is wall time in RFC 3339. Bytes are
lower-case hexadecimal, and are the only raw form of what a target sent: every field that is meant for people
(``words``, ``observed``, ``message``, ``agent`` …) holds text that ``ws_reports.escape.visible`` made. A record
whose ``run.complete`` is false belongs to a run that did not finish.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum, StrEnum
from typing import Annotated, BinaryIO, Literal, TypeVar

import msgspec
from msgspec import Meta

from ws_reports.escape import harmless
from ws_reports.schemas import published, schema_of

FORMAT = "wsspec.run"
VERSION = 1
SHOWN_LENGTH = 200
"""How many characters an error shows of a text that comes from the document."""

Kind = TypeVar("Kind")
Role = Literal["client", "server"]
HEX = "^([0-9a-f]{2})*$"
Hex = Annotated[str, Meta(pattern=HEX)]
WireHex = Annotated[str, Meta(extra_json_schema={"pattern": HEX})]
"""The same to the schema. It is checked a case at once: by the pattern, that would take half of the time of reading."""
ReplayId = Annotated[str, Meta(pattern="^[A-Za-z0-9-]+$")]
"""Part of a command that readers copy into a shell, hence no free text."""
Seconds = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]


class Verdict(StrEnum):
    """What a check, a case or a requirement comes to, the gravest first (see ``worst``)."""

    FAIL = "fail"
    ERROR = "error"
    INCONCLUSIVE = "inconclusive"
    LENIENT = "lenient"
    INFO = "info"
    PASS = "pass"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"

    @property
    def sign(self) -> str:
        """The one character that stands for the verdict; reports put the word beside it."""
        return _SIGNS[self]

    @property
    def meaning(self) -> str:
        """The verdict in one sentence."""
        return _MEANINGS[self]

    @property
    def was_run(self) -> bool:
        """Whether the case was played at all."""
        return self not in (Verdict.UNSUPPORTED, Verdict.SKIPPED)


_SIGNS: Mapping[Verdict, str] = {
    Verdict.PASS: "✓",
    Verdict.LENIENT: "~",
    Verdict.FAIL: "✗",
    Verdict.INFO: "i",
    Verdict.UNSUPPORTED: "–",
    Verdict.SKIPPED: "s",
    Verdict.INCONCLUSIVE: "?",
    Verdict.ERROR: "!",
}

_MEANINGS: Mapping[Verdict, str] = {
    Verdict.PASS: "What was seen is what the RFC wants.",
    Verdict.LENIENT: "It conforms, but departs from a SHOULD or takes an allowed, less good way.",
    Verdict.FAIL: "A MUST is broken.",
    Verdict.INFO: "The RFC is silent: what was seen is recorded and not judged.",
    Verdict.UNSUPPORTED: "The target does not offer what the case needs.",
    Verdict.SKIPPED: "The user left the case out.",
    Verdict.INCONCLUSIVE: "No verdict is possible, for the reason given.",
    Verdict.ERROR: "The suite itself is at fault; please report it with the run record.",
}


class Level(StrEnum):
    """How strongly a requirement binds (RFC 2119), the strongest first."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class ExitCode(IntEnum):
    """How a command ends. Never a count."""

    OK = 0
    FAILURES = 1
    USAGE = 2
    NOT_REACHABLE = 3
    STALE_BASELINE = 4
    UNDECIDED = 5
    INTERNAL_ERROR = 70
    INTERRUPTED = 130

    @property
    def words(self) -> str:
        """The code in a few words, for the last line of a summary."""
        return _EXIT_CODES[self][0]

    @property
    def meaning(self) -> str:
        """The code in a sentence, for the table in the manual."""
        return _EXIT_CODES[self][1]


_EXIT_CODES: Mapping[ExitCode, tuple[str, str]] = {
    ExitCode.OK: ("as expected", "Every selected requirement has the verdict that declaration and baseline call for."),
    ExitCode.FAILURES: (
        "unexpected failures",
        "At least one unexpected failure or regression; also a known failure that fails in another way.",
    ),
    ExitCode.USAGE: ("usage", "Bad option, unknown id, empty selection, bad configuration or baseline."),
    ExitCode.NOT_REACHABLE: (
        "target not reachable",
        "The target was not reachable, or no handshake ever completed: nothing was judged.",
    ),
    ExitCode.STALE_BASELINE: ("stale baseline", "Nothing is wrong but stale or expired baseline entries."),
    ExitCode.UNDECIDED: ("undecided", "Nothing failed, but some selected MUST could not be decided."),
    ExitCode.INTERNAL_ERROR: ("internal error", "The suite itself is at fault."),
    ExitCode.INTERRUPTED: ("interrupted", "Interrupted; the results so far are on disk and marked partial."),
}

_PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.INTERNAL_ERROR,
    ExitCode.USAGE,
    ExitCode.NOT_REACHABLE,
    ExitCode.FAILURES,
    ExitCode.STALE_BASELINE,
    ExitCode.UNDECIDED,
    ExitCode.OK,
)


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The run itself. ``seconds`` and ``exit`` are None as long as it has not finished.

    ``shard`` is "2/4" for the second of four parts of a run that are played apart. ``planned`` is how many results all
    of them together will have, or a run that is not divided.
    """

    id: str
    started: str
    argv: tuple[str, ...] = ()
    seed: int | None = None
    shard: Annotated[str, Meta(pattern="^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$")] | None = None
    planned: Count | None = None
    complete: bool = False
    seconds: Seconds | None = None
    exit: int | None = None


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Which catalogue of requirements and cases was used; ``cases`` and ``requirements`` say how many it has."""

    version: str
    sha256: str | None = None
    cases: Count | None = None
    requirements: Count | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A named selection of cases, and the version it was frozen as (None: the latest).

    ``changed`` are cases whose revision is another now, which cannot make a run fail; ``retired`` ones are gone.
    """

    id: str
    frozen: str | None = None
    changed: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """What judged."""

    name: str
    version: str
    catalogue: Catalogue
    profile: Profile | None = None


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """Where the suite ran. ``tls`` names the TLS library; ``noise_ms`` has percentiles of a case that does nothing."""

    python: str | None = None
    os: str | None = None
    tls: str | None = None
    noise_ms: dict[str, float] = {}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What was judged. In ``probed``, None stands for "not tried".

    One of a field of implementations says which, in what language, and by which ``engine`` it speaks WebSocket; its
    ``name`` has its role behind that of the ``implementation``. A proxy is judged as the server that it
    ``stands_before``. ``absent`` says why nothing could be judged: it could not be installed, built or started.
    """

    id: str
    name: str
    role: Role
    url: str | None = None
    agent: str | None = None
    build: str | None = None
    implementation: str | None = None
    language: str | None = None
    engine: str | None = None
    stands_before: str | None = None
    absent: str | None = None
    behaviour: str | None = None
    probed: dict[str, bool | None] = {}
    declared: dict[str, tuple[str, ...]] = {}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long the examiner waited, in seconds, after ``scale``. ``quiet`` says how silence was shown.

    ``segmentation`` says how its bytes were cut, in the words of the command. ``memory`` is how many bytes the server
    could take for one case before the run failed, if there was a limit.
    """

    connect: Seconds | None = None
    react: Seconds | None = None
    case: Seconds | None = None
    quiet: str | None = None
    scale: float = 1.0
    parallel: Count | None = None
    segmentation: str = "whole"
    memory: Count | None = None


# ``gc=False`` is for what a run has many of: it is in no cycle, and need not be looked at for one again and again.


class Usage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one case cost the target's process, beyond what it used before: ``memory`` in bytes at its highest."""

    memory: int
    cpu_seconds: float


class Frame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The header of a frame. ``rsv`` is the three bits as a number, RSV1 being 4; ``len`` counts payload bytes."""

    fin: bool
    rsv: Annotated[int, Meta(ge=0, le=7)]
    op: Annotated[int, Meta(ge=0, le=15)]
    masked: bool
    len: Count
    key: Hex | None = None


class WireEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing on the wire. ``dir`` is "out" for what the examiner sent and "in" for what the target did.

    ``length`` counts all its bytes. Where ``hex`` holds only the first of them, ``sha256`` is of the whole.
    ``words`` says what it is; ``note`` why it was sent ("stimulus", "fence", "control", "reply"). ``ok`` is
    False where the target left what is permitted, and None where nothing was judged. ``state`` is that of the
    connection just before, as the examiner understood it, and ``allowed`` names the target's permitted moves then,
    where any were waited for.
    """

    t: Seconds
    dir: Literal["out", "in"]
    kind: Literal["http", "frame", "bytes", "end", "reset", "half-end"]
    hex: WireHex = ""
    length: Count = 0
    sha256: Hex | None = None
    words: str = ""
    frame: Frame | None = None
    note: str | None = None
    ok: bool | None = None
    state: str | None = None
    allowed: tuple[str, ...] = ()


class Printed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line that the target's process wrote, on the clock of the case's wire; before it began, ``t`` is 0."""

    t: Seconds
    text: str


Overlay = Literal["xfail", "changed", "xpass", "expired"]
"""What a baseline makes of a verdict: fails as known, fails in another way, fails no more, is known no longer."""


class Known(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a baseline says of a check that is known to fail. ``expires`` is a date, YYYY-MM-DD."""

    reason: str
    issue: str | None = None
    owner: str | None = None
    expires: str | None = None


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The list of known failures that a run was held against, and which of its entries no longer hold.

    ``xfail`` counts the checks that fail as listed, ``declared`` those of requirements that are declared as not
    implemented. The others hold entries in words: ``stale`` ones pass now, ``changed`` ones fail in another way,
    ``expired`` ones are past their date, ``unmatched`` ones match no check, ``soon`` ones hold but expire before long.
    """

    file: str
    xfail: Count = 0
    declared: Count = 0
    stale: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    soon: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether each entry that says something of the run is right."""
        return not (self.stale or self.changed or self.expired or self.unmatched)


class Check(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One requirement held against one case.

    ``signature`` names the way in which it came to a verdict other than pass, without the particulars: another one is
    another failure. ``cause`` is the smallest fact that explains a failure, in the same words for every case that shows
    it; causes are grouped by it, or else by the signature. ``event`` is the index in ``wire`` where it was seen.
    ``overlay`` is what a baseline makes of the verdict, and ``known`` what its entry says.
    """

    id: str
    requirement: str
    verdict: Verdict
    accepted: tuple[str, ...] = ()
    observed: str = ""
    signature: str | None = None
    cause: str | None = None
    message: str = ""
    event: Count | None = None
    overlay: Overlay | None = None
    known: Known | None = None


class Surveyed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who else does so: ``failing`` are those of the ``asked`` implementations of a survey that fail the same case."""

    asked: Count
    failing: tuple[str, ...] = ()


class CaseResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one case. ``n`` numbers the results of a run from 1, over all its targets.

    ``steps`` is what was planned and ``accepted`` each reaction that would have done, in plain words.
    ``attempts`` holds a verdict for each time the case was played, in order. ``reason`` says why there is no
    verdict of another kind, for a case that is skipped, unsupported, inconclusive or an error.
    ``application`` is what the application behind the target saw or did, a line for each event, where it can tell;
    ``printed`` the last of what the target's process wrote while the case was played, ``prints`` the same by the clock,
    ``usage`` what the case cost it. ``overlay`` is the gravest that a baseline makes of its checks, None where a
    check fails of which it says nothing.
    ``segmentation`` says how the examiner's bytes were cut, where that is not as in ``limits``. ``surveyed`` is there
    for a failure that a survey knows of.
    """

    n: Annotated[int, Meta(ge=1)]
    id: str
    rev: Annotated[int, Meta(ge=1)] = 1
    target: str
    aliases: dict[str, tuple[str, ...]] = {}
    tags: tuple[str, ...] = ()
    title: str = ""
    because: str = ""
    requirements: tuple[str, ...] = ()
    level: Level = Level.MUST
    verdict: Verdict
    seconds: Seconds = 0.0
    attempts: tuple[Verdict, ...] = ()
    checks: tuple[Check, ...] = ()
    steps: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    observed: str = ""
    wire: tuple[WireEvent, ...] = ()
    application: tuple[str, ...] = ()
    printed: str = ""
    prints: tuple[Printed, ...] = ()
    usage: Usage | None = None
    overlay: Overlay | None = None
    segmentation: str | None = None
    surveyed: Surveyed | None = None
    replay: ReplayId | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if not _are_hex([event.hex for event in self.wire]):
            first = next(index for index, event in enumerate(self.wire) if not _are_hex([event.hex]))
            raise ValueError(f"`wire[{first}].hex` is not lower-case hexadecimal with two digits for each byte")


def _are_hex(texts: Iterable[str]) -> bool:
    """Return whether each of ``texts`` matches HEX. A space may stand between bytes, but not within one."""
    try:
        return bytes.fromhex(" ".join(texts)).hex() == "".join(texts)
    except ValueError:
        return False


class RequirementResult(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement of the catalogue, and what the run says of it.

    ``verdict`` is None when no case of the run bears on it; ``cases`` are the numbers of those that do.
    ``untestable`` is the kind of reason why none can, ``because`` the reason.
    """

    id: str
    rfc: int
    section: str
    level: Level
    text: str
    binds: tuple[Role, ...] = ()
    verdict: Verdict | None = None
    cases: tuple[int, ...] = ()
    untestable: str | None = None
    because: str | None = None


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Failed cases that one fact explains, lettered from the largest group on; ``words`` is for people."""

    id: str
    signature: str
    words: str
    cases: tuple[int, ...]


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How a number of times are spread, all in seconds. ``p999`` is what 99.9 percent stay within."""

    count: Count
    mean: Seconds
    p50: Seconds
    p90: Seconds
    p99: Seconds
    p999: Seconds
    longest: Seconds


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """How many times lie from ``low`` to ``high`` seconds."""

    low: Seconds
    high: Seconds
    count: Count


class StreamPart(msgspec.Struct, frozen=True, kw_only=True):
    """What came in one part of a stream's time: how much, how late the latest of it was, what was found wrong."""

    messages: Count = 0
    bytes: Count = 0
    delay: Seconds = 0.0
    findings: Count = 0


class StreamFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was noticed ``t`` seconds after a stream began to be followed, by the id of its ``rule``.

    ``breaks`` is False for what is worth telling and breaks nothing.
    """

    t: Seconds
    rule: str
    detail: str
    breaks: bool = True


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of a stream that was followed for so many ``seconds``, over so many ``connections``.

    ``messages`` had ``payload_bytes``, and came in ``wire_bytes``; of these ``compressed_bytes`` were what
    ``inflated_bytes`` had been compressed to, which took us ``inflating_seconds`` to undo. ``kinds`` counts messages by
    what the profile calls them. ``delay`` is from the time that a message says to its receipt, ``jitter`` from one
    delay to the next, ``pong`` from when a Ping was due to its Pong; ``buckets`` are those of the delay.
    ``first_message`` is how long the first connection took until there was something of the stream, ``recoveries`` how
    long that took from each end of a connection. ``parts`` are ``part_seconds`` long each. ``findings`` has the first
    of each rule. ``memory`` is the most, in bytes, that the suite's own process took.
    """

    profile: str
    seconds: Seconds
    connections: Count
    messages: Count
    payload_bytes: Count = 0
    wire_bytes: Count = 0
    compressed_bytes: Count = 0
    inflated_bytes: Count = 0
    inflating_seconds: Seconds | None = None
    kinds: dict[str, Count] = {}
    delay: Spread | None = None
    jitter: Spread | None = None
    pong: Spread | None = None
    buckets: tuple[Bucket, ...] = ()
    first_message: Seconds | None = None
    recoveries: tuple[Seconds, ...] = ()
    longest_silence: Seconds = 0.0
    blocks: Count = 0
    reorganisations: Count = 0
    deepest_reorganisation: Count = 0
    part_seconds: Annotated[float, Meta(gt=0)] = 1.0
    parts: tuple[StreamPart, ...] = ()
    findings: tuple[StreamFinding, ...] = ()
    memory: Count | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run record. ``requirements``, ``causes`` and ``summary`` follow from ``cases`` (see ``with_cases``).

    ``redacted`` lists what was taken out before the record was written, such as ``header:Authorization``. ``stream`` is
    there where a stream was followed.
    """

    format: Literal["wsspec.run"] = "wsspec.run"
    version: Literal[1] = 1
    run: RunInfo
    suite: Suite
    env: Environment = Environment()
    targets: tuple[Target, ...]
    limits: Limits = Limits()
    cases: tuple[CaseResult, ...] = ()
    requirements: tuple[RequirementResult, ...] = ()
    causes: tuple[Cause, ...] = ()
    summary: dict[Verdict, Count] = {}
    baseline: Baseline | None = None
    redacted: tuple[str, ...] = ()
    stream: Stream | None = None


class RecordError(Exception):
    """A document that is no run record this version can read: where, what is wrong, and what to do about it."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{place}: {problem}. {remedy}")
        self.place = place
        self.problem = problem
        self.remedy = remedy


class _Envelope(msgspec.Struct):
    """The two fields that say whether the rest can be read."""

    format: object = None
    version: object = None


def encode(run: Run) -> bytes:
    """Return ``run`` as a JSON document in UTF-8, with a line for each field and for each result (see ``read``)."""
    return b"".join(_pieces(run))


def encode_on_a_line(run: Run) -> bytes:
    """Return ``run`` as a JSON document on one line, so that several can stand one behind the other."""
    return msgspec.json.encode(run) + b"\n"


def _pieces(run: Run) -> Iterator[bytes]:
    before = _BEGINNING
    for name in run.__struct_fields__:
        yield before
        if name == "cases" and run.cases:
            yield _BEFORE_CASES + msgspec.json.encode(run.cases[0])
            yield from (_BETWEEN + msgspec.json.encode(case) for case in run.cases[1:])
            yield b"\n]"
        else:
            yield b'"%b":%b' % (name.encode(), msgspec.json.encode(getattr(run, name)))
        before = _BETWEEN
    yield b"\n}\n"


_BEGINNING, _BETWEEN, _BEFORE_CASES = b"{\n", b",\n", b'"cases":[\n'


def read(file: BinaryIO, place: str = "$") -> Run:
    """Return the record in ``file``. Raises RecordError, with the path under ``place``, and OSError.

    What ``encode`` wrote is read line by line: no more than one result is held as bytes. Any other document is read
    whole, and so is one in which something is wrong, to say where.
    """
    if file.seekable():
        run = _read_lines(file)
        if run is not None:
            return run
        file.seek(0)
    return decode(file.read(), place)


def _read_lines(file: BinaryIO) -> Run | None:
    """Return the record in ``file``; None if its lines are not exactly those of ``encode``."""
    if file.read(len(_BEGINNING)) != _BEGINNING:
        return None
    fields_before = Run.__struct_fields__.index("cases")
    head = b"".join([_BEGINNING, *(file.readline() for _ in range(fields_before))])
    if file.readline() != _BEFORE_CASES:
        return None
    decoder = msgspec.json.Decoder(CaseResult)
    cases: list[CaseResult] = []
    try:
        decode(head + _BEFORE_CASES + b"]}")  # Else these would be the cases of something within a field.
        for line in file:
            is_last = not line.endswith(_BETWEEN)
            cases.append(decoder.decode(line.removesuffix(_BETWEEN)))
            if is_last:
                break
        rest = decode(head + _BEFORE_CASES + file.read())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, RecordError):
        return None
    return msgspec.structs.replace(rest, cases=tuple(cases))


def decode(data: bytes, place: str = "$") -> Run:
    """Return the record in the JSON document ``data``. Raises RecordError, with the path under ``place``."""
    envelope = decode_as(_Envelope, data, place)
    if envelope.format != FORMAT:
        problem = "there is no format" if envelope.format is None else f"the format is {_shown(repr(envelope.format))}"
        raise RecordError(f"{place}.format", f"{problem}, not {FORMAT!r}", "Give the run.json that a wsspec run wrote.")
    if envelope.version != VERSION:
        problem = f"the version is {_shown(repr(envelope.version))}, and this wsspec reads version {VERSION}"
        raise RecordError(f"{place}.version", problem, "Use the wsspec that wrote it, or a newer one.")
    return decode_as(Run, data, place)


def decode_as(kind: type[Kind], data: bytes, place: str) -> Kind:
    """Return the JSON document ``data`` as a ``kind``. Raises RecordError, with the path under ``place``."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        remedy = "The field is not as run.schema.json has it: write the record again with its producer."
        raise RecordError(_shown(place + path.rstrip("`")), _shown(problem), remedy) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(
            place, f"not JSON ({_shown(str(error))})", "Give the file that a wsspec run wrote."
        ) from error


def schema() -> dict[str, object]:
    """Return the JSON Schema of a run record."""
    return schema_of(Run, words=f"run:{VERSION}", title="wsspec run record", required=("format", "version"))


def schema_document() -> bytes:
    """Return the schema as it is published beside this module, in ``run.schema.json``."""
    return published(schema())


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return the gravest of ``verdicts``, or None if there are none.

    A broken MUST stays proved whatever else went wrong, so fail comes first. Info comes before pass, lest what was
    recorded go unseen. The verdicts of cases that were not played say nothing: a pass beside them counts.
    """
    return min(verdicts, key=_GRAVITY.__getitem__, default=None)


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code to end with when all of ``codes`` hold; OK when there are none."""
    return min(codes, key=_PRECEDENCE.index, default=ExitCode.OK)


def with_cases(run: Run, cases: Iterable[CaseResult]) -> Run:
    """Return ``run`` with ``cases``, in the order of their numbers, and all that follows from them."""
    ordered = tuple(sorted(cases, key=lambda case: case.n))
    return msgspec.structs.replace(
        run,
        cases=ordered,
        requirements=requirement_verdicts(run.requirements, ordered),
        causes=group_causes(ordered),
        summary=summarize(ordered),
    )


def summarize(cases: Iterable[CaseResult]) -> dict[Verdict, int]:
    """Return how many of ``cases`` have each verdict; every verdict is there."""
    counts = Counter(case.verdict for case in cases)
    return {verdict: counts[verdict] for verdict in Verdict}


def group_causes(cases: Iterable[CaseResult]) -> tuple[Cause, ...]:
    """Return the failed ``cases`` grouped by the cause of the first check that failed, the largest group first."""
    groups: dict[str, list[tuple[int, Check]]] = {}
    for case in cases:
        failed = gravest_check(case)
        if case.verdict is Verdict.FAIL and failed is not None:
            fact = failed.cause or failed.signature or failed.requirement
            groups.setdefault(fact, []).append((case.n, failed))
    largest_first = sorted(groups.items(), key=lambda group: -len(group[1]))
    return tuple(
        Cause(
            id=_letters(index),
            signature=fact,
            words=members[0][1].cause or _cause_words(members[0][1]),
            cases=tuple(n for n, _ in members),
        )
        for index, (fact, members) in enumerate(largest_first)
    )


def _cause_words(check: Check) -> str:
    """Say which rule a failed check is about, in the words of its id, and what was seen.

    >>> _cause_words(Check(id="x", requirement="6455/5.2/opcode-is-defined", verdict=Verdict.FAIL, message="0x3"))
    'opcode is defined: 0x3'
    """
    rule = check.requirement.rpartition("/")[2].replace("-", " ")
    return f"{rule}: {check.message}" if check.message else rule


def gravest_check(case: CaseResult) -> Check | None:
    """Return the check that gives ``case`` its verdict, the first of several; None if it has no checks."""
    for check in case.checks:
        if check.verdict is case.verdict:
            return check
    return min(case.checks, key=lambda check: _GRAVITY[check.verdict], default=None)


def requirement_verdicts(
    requirements: Iterable[RequirementResult], cases: Iterable[CaseResult]
) -> tuple[RequirementResult, ...]:
    """Return ``requirements`` with the worst verdict over the cases that bear on each, and the numbers of those."""
    found: dict[str, list[tuple[int, Verdict]]] = {}
    for case in cases:
        for identifier, verdict in _bearings(case).items():
            found.setdefault(identifier, []).append((case.n, verdict))
    return tuple(
        msgspec.structs.replace(
            requirement,
            verdict=worst(verdict for _, verdict in found.get(requirement.id, ())),
            cases=tuple(n for n, _ in found.get(requirement.id, ())),
        )
        for requirement in requirements
    )


def requirements_met(requirements: Iterable[RequirementResult]) -> dict[Level, tuple[int, int]]:
    """Return, for each level, how many requirements are met, and of how many that were decided.

    Lenient meets a MUST; it does not meet the SHOULD or MAY it departs from.
    """
    met = Counter[Level]()
    decided = Counter[Level]()
    for requirement in requirements:
        if requirement.verdict in (Verdict.PASS, Verdict.LENIENT, Verdict.FAIL):
            decided[requirement.level] += 1
            lenient_will_do = requirement.level is Level.MUST and requirement.verdict is Verdict.LENIENT
            met[requirement.level] += requirement.verdict is Verdict.PASS or lenient_will_do
    return {level: (met[level], decided[level]) for level in Level}


def _bearings(case: CaseResult) -> Mapping[str, Verdict]:
    """Return what ``case`` says of each requirement that it bears on: the gravest of its checks for it.

    Without a check of its own, a requirement that the case lists shares the case's verdict, with two exceptions:
    where another requirement failed, this one stays undecided; where another gave a lenient or an info, this one
    was met.
    """
    checked: dict[str, Verdict] = {}
    for check in case.checks:
        verdict = checked.setdefault(check.requirement, check.verdict)
        if _GRAVITY[check.verdict] < _GRAVITY[verdict]:
            checked[check.requirement] = check.verdict
    shared = _SHARED.get(case.verdict, case.verdict) if case.checks else case.verdict
    return dict.fromkeys(case.requirements, shared) | checked


_SHARED: Mapping[Verdict, Verdict] = {
    Verdict.FAIL: Verdict.INCONCLUSIVE,
    Verdict.LENIENT: Verdict.PASS,
    Verdict.INFO: Verdict.PASS,
}


def _letters(index: int) -> str:
    """Return A, B, … Z, AA, AB, … for 0, 1, …

    >>> _letters(0), _letters(25), _letters(26)
    ('A', 'Z', 'AA')
    """
    before, last = divmod(index, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def _shown(text: str) -> str:
    return harmless(text[:SHOWN_LENGTH])


_GRAVITY: Mapping[Verdict, int] = {verdict: rank for rank, verdict in enumerate(Verdict)}


if __name__ == "__main__":
    sys.stdout.buffer.write(schema_document())
