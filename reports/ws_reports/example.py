"""Small runs, made up, in which all that a record can tell occurs: what renderers are shown and tested with."""

from msgspec.structs import replace

from ws_reports.escape import visible
from ws_reports.record import (
    Baseline,
    CaseResult,
    Catalogue,
    Check,
    Environment,
    Frame,
    Known,
    Level,
    Limits,
    Printed,
    Profile,
    RequirementResult,
    Run,
    RunInfo,
    Suite,
    Target,
    Usage,
    Verdict,
    WireEvent,
    with_cases,
)

RSV = "6455/5.2/reserved-bit-set-fails-the-connection"
MINIMAL = "6455/5.2/minimal-length-is-expected"
PING = "6455/5.5.2/ping-is-answered"
CLOSE_FIRST = "6455/7.1.7/close-frame-comes-first"
UTF8 = "6455/8.1/invalid-utf-8-fails-the-connection"
SUBPROTOCOL = "6455/4.2.2/subprotocol-was-offered"
ENTROPY = "6455/5.3/masking-key-is-from-strong-entropy"


def example_run() -> Run:
    """Return a run in which every verdict occurs."""
    begun = Run(
        run=RunInfo(
            id="7QF3K2",
            started="2026-11-22T10:14:03.120Z",
            argv=("wsspec", "server", "ws://127.0.0.1:9001/"),
            seed=20261122,
            complete=True,
            seconds=0.31,
            exit=1,
        ),
        suite=Suite(
            name="wsspec",
            version="1.0.0",
            catalogue=Catalogue(version="2026.11", sha256="00" * 32, cases=612, requirements=341),
            profile=Profile(id="rfc6455", frozen="2026.11"),
        ),
        env=Environment(
            python="3.13.2", os="Linux 6.12 x86_64", tls="OpenSSL 3.5.1", noise_ms={"p50": 0.05, "p99": 0.4}
        ),
        targets=(
            Target(
                id="t1",
                name="app",
                role="server",
                url="ws://127.0.0.1:9001/",
                agent=visible(b"demo-server/1.0"),
                behaviour="echo",
                probed={"echo": True, "subprotocol": None},
                declared={"extensions": ("permessage-deflate",)},
            ),
        ),
        limits=Limits(connect=3.0, react=2.0, case=30.0, quiet="fence", parallel=16),
        requirements=(
            _requirement(SUBPROTOCOL, Level.MUST, "A server names only a subprotocol that the client offered."),
            _requirement(MINIMAL, Level.MAY, "A receiver may expect lengths in their shortest form."),
            _requirement(RSV, Level.MUST, "A reserved bit that no extension gave a meaning fails the connection."),
            RequirementResult(
                id=ENTROPY,
                rfc=6455,
                section="5.3",
                level=Level.MUST,
                text="Masking keys come from a strong source of entropy.",
                binds=("client",),
                untestable="from outside",
                because="Keys can be shown to be predictable, never to be unpredictable",
            ),
            _requirement(PING, Level.MUST, "Every Ping is answered by a Pong, unless a Close came before."),
            _requirement(CLOSE_FIRST, Level.SHOULD, "Who fails the connection sends a Close frame first."),
            _requirement(UTF8, Level.MUST, "Text that is not UTF-8 fails the connection."),
        ),
        redacted=("header:Authorization",),
    )
    return with_cases(begun, _cases())


def example_known_run() -> Run:
    """Return the same run of a server that was started for it, held against a baseline."""
    run = example_run()
    ping, rsv, minimal, close_first, *others = run.cases
    known = Known(reason="the codec ignores reserved bits", issue="#412", owner="@ana", expires="2027-01-31")
    printed = replace(
        rsv,
        overlay="xfail",
        checks=(replace(rsv.checks[0], overlay="xfail", known=known),),
        application=('message "hello"',),
        printed="a frame with reserved bits 0x4: passed on\n",
        prints=(Printed(t=0.0004, text="a frame with reserved bits 0x4: passed on"),),
        usage=Usage(memory=4096, cpu_seconds=0.01),
    )
    cases = (
        replace(ping, overlay="xpass", checks=(replace(ping.checks[0], overlay="xpass"),), wire=_ping_wire()),
        printed,
        minimal,
        replace(close_first, overlay="changed", checks=(replace(close_first.checks[0], overlay="changed"),)),
        *others,
    )
    baseline = Baseline(
        file="wsspec-baseline.toml",
        xfail=1,
        stale=("control/ping/empty#reaction (#398) is listed, and passes now",),
        changed=("closing/fail/without-close#reaction is listed with another outcome",),
        expired=("utf8/text/split-sequence#reaction was known until 2026-10-31",),
        unmatched=("framing/length/none#reaction matches no check",),
    )
    return replace(with_cases(run, cases), baseline=baseline)


def example_other_run() -> Run:
    """Return a run of the same cases against two other servers, to be compared with."""
    run = example_run()
    ping, rsv, minimal, *others = run.cases
    passed = replace(rsv, verdict=Verdict.PASS, checks=(replace(rsv.checks[0], verdict=Verdict.PASS),), observed="")
    revised = replace(minimal, rev=2)
    targets = [replace(run.targets[0], id=f"t{n}", name=name, agent=None) for n, name in ((1, "rival"), (2, "third"))]
    played = [("rival", case) for case in (ping, passed, revised, *others)] + [
        ("third", case) for case in (rsv, *others)
    ]
    return with_cases(
        replace(run, run=replace(run.run, id="8MZ2QA", started="2026-11-21T09:00:00Z"), targets=tuple(targets)),
        (replace(case, n=index, target=target) for index, (target, case) in enumerate(played, start=1)),
    )


def _requirement(identifier: str, level: Level, text: str) -> RequirementResult:
    rfc, section, _ = identifier.split("/")
    return RequirementResult(
        id=identifier, rfc=int(rfc), section=section, level=level, text=text, binds=("client", "server")
    )


def _cases() -> tuple[CaseResult, ...]:
    return (
        CaseResult(
            n=1,
            id="control/ping/empty",
            target="t1",
            aliases={"autobahn": ("2.1",)},
            tags=("control", "ping"),
            title="A Ping without a payload",
            because="§5.5.2: a Ping is answered, whatever its payload.",
            requirements=(PING,),
            verdict=Verdict.PASS,
            seconds=0.0011,
            attempts=(Verdict.PASS,),
            checks=(Check(id="reaction", requirement=PING, verdict=Verdict.PASS, observed="Pong"),),
            observed="Pong",
            replay="7QF3K2-001",
        ),
        CaseResult(
            n=2,
            id="framing/rsv/rsv1-without-extension",
            rev=2,
            target="t1",
            tags=("framing", "rsv"),
            title="RSV1 without an extension",
            because="§5.2: a peer that ignores reserved bits will misread compressed frames.",
            requirements=(RSV,),
            verdict=Verdict.FAIL,
            seconds=0.0031,
            attempts=(Verdict.FAIL,),
            checks=(
                Check(
                    id="reaction",
                    requirement=RSV,
                    verdict=Verdict.FAIL,
                    accepted=("Close 1002 and end", "end without a Close"),
                    observed='text "hello", then the Pong of the fence',
                    signature="rsv-ignored",
                    message="The server echoed the message; it should have failed the connection (§5.2).",
                    event=2,
                ),
            ),
            steps=("open without extensions", 'send a text frame "hello" with RSV1 set', "send a Ping as a fence"),
            accepted=("Close 1002 and end", "end without a Close"),
            observed='text "hello", then the Pong of the fence',
            wire=_rsv_wire(),
            replay="7QF3K2-002",
        ),
        CaseResult(
            n=3,
            id="framing/length/16-bits-for-5",
            target="t1",
            tags=("framing",),
            because="§5.2: the sender's rule has no counterpart for receivers.",
            requirements=(MINIMAL,),
            level=Level.MAY,
            verdict=Verdict.INFO,
            seconds=0.0009,
            checks=(Check(id="reaction", requirement=MINIMAL, verdict=Verdict.INFO, observed="accepted"),),
            observed="accepted",
            replay="7QF3K2-003",
        ),
        CaseResult(
            n=4,
            id="closing/fail/without-close",
            target="t1",
            because="§7.1.7: the peer learns the reason from the Close frame.",
            requirements=(CLOSE_FIRST,),
            level=Level.SHOULD,
            verdict=Verdict.LENIENT,
            seconds=0.002,
            checks=(
                Check(
                    id="reaction",
                    requirement=CLOSE_FIRST,
                    verdict=Verdict.LENIENT,
                    accepted=("Close 1002 and end",),
                    observed="end without a Close",
                    signature="no-close-frame",
                    message="The server ended TCP; a Close frame should come first (§7.1.7).",
                    event=0,
                ),
            ),
            observed="end without a Close",
            wire=(WireEvent(t=0.0004, dir="in", kind="end", words="TCP end"),),
            replay="7QF3K2-004",
        ),
        CaseResult(
            n=5,
            id="utf8/text/split-sequence",
            target="t1",
            requirements=(UTF8,),
            verdict=Verdict.INCONCLUSIVE,
            seconds=0.2,
            attempts=(Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
            checks=(
                Check(
                    id="reaction",
                    requirement=UTF8,
                    verdict=Verdict.INCONCLUSIVE,
                    message="A reset came before the Close frame could be read.",
                ),
            ),
            observed="TCP reset",
            wire=(WireEvent(t=0.0002, dir="in", kind="reset", words="TCP reset"),),
            replay="7QF3K2-005",
            reason="a reset may overtake the Close frame",
        ),
        CaseResult(
            n=6,
            id="handshake/subprotocol/not-offered",
            target="t1",
            requirements=(SUBPROTOCOL,),
            verdict=Verdict.UNSUPPORTED,
            reason="the target offers no subprotocol",
        ),
        CaseResult(
            n=7,
            id="framing/length/64-bits",
            target="t1",
            requirements=(MINIMAL,),
            level=Level.MAY,
            verdict=Verdict.SKIPPED,
            reason="left out by --exclude 'framing/length/64*'",
        ),
        CaseResult(
            n=8,
            id="control/ping/125-bytes",
            target="t1",
            requirements=(PING,),
            verdict=Verdict.ERROR,
            reason="the examiner stopped with an error of its own",
        ),
    )


def _ping_wire() -> tuple[WireEvent, ...]:
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nUpgrade: websocket\r\n\r\n"
    response = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    return (
        WireEvent(
            t=0.0,
            dir="out",
            kind="http",
            hex=request.hex(),
            length=len(request),
            words="GET / HTTP/1.1 | Host: 127.0.0.1:9001 | Upgrade: websocket",
            note="opening handshake",
            state="connecting",
        ),
        WireEvent(
            t=0.0005,
            dir="in",
            kind="http",
            hex=response.hex(),
            length=len(response),
            words="HTTP/1.1 101 Switching Protocols | Upgrade: websocket",
            state="connecting",
            allowed=("opens",),
        ),
        WireEvent(
            t=0.0005,
            dir="out",
            kind="frame",
            hex="898001020304",
            length=6,
            words="FIN PING len 0 masked",
            frame=Frame(fin=True, rsv=0, op=9, masked=True, len=0, key="01020304"),
            note="stimulus",
            state="open",
        ),
        WireEvent(
            t=0.0009,
            dir="in",
            kind="frame",
            hex="8a00",
            length=2,
            words="FIN PONG len 0 unmasked",
            frame=Frame(fin=True, rsv=0, op=10, masked=False, len=0),
            ok=True,
            state="open",
            allowed=("answers the Ping",),
        ),
    )


def _rsv_wire() -> tuple[WireEvent, ...]:
    return (
        WireEvent(
            t=0.0,
            dir="out",
            kind="frame",
            hex="c18537fa213d5f9f4d5158",
            length=11,
            words='FIN RSV1 TEXT len 5 masked "hello"',
            frame=Frame(fin=True, rsv=4, op=1, masked=True, len=5, key="37fa213d"),
            note="stimulus",
            state="open",
        ),
        WireEvent(
            t=0.0,
            dir="out",
            kind="frame",
            hex="8982000000004631",
            length=8,
            words='FIN PING len 2 masked "F1"',
            frame=Frame(fin=True, rsv=0, op=9, masked=True, len=2, key="00000000"),
            note="fence",
            state="must fail",
        ),
        WireEvent(
            t=0.000412,
            dir="in",
            kind="frame",
            hex="810568656c6c6f",
            length=7,
            words='FIN TEXT len 5 "hello"',
            frame=Frame(fin=True, rsv=0, op=1, masked=False, len=5),
            ok=False,
            state="must fail",
            allowed=("sends Close 1002", "ends TCP without a Close (departs from a SHOULD)"),
        ),
        WireEvent(
            t=0.000413,
            dir="in",
            kind="frame",
            hex="8a024631",
            length=4,
            words='FIN PONG len 2 "F1"',
            frame=Frame(fin=True, rsv=0, op=10, masked=False, len=2),
            state="must fail",
        ),
    )
