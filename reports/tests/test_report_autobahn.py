"""Autobahn's files: its keys, its words, and scripts that read them."""

import json
from typing import Any

import pytest
from msgspec.structs import replace
from ws_reports.autobahn_tree import render
from ws_reports.example import example_run
from ws_reports.record import CaseResult, Check, Frame, Run, Target, Verdict, WireEvent, with_cases

RUN = example_run()
PASSING, FAILED = RUN.cases[:2]
KEYS = {
    *("agent", "behavior", "behaviorClose", "case", "closedByMe", "createStats", "createWirelog", "description"),
    *("droppedByMe", "duration", "expectation", "expected", "expectedClose", "failedByMe", "httpRequest"),
    *("httpResponse", "id", "isServer", "localCloseCode", "localCloseReason", "received", "remoteCloseCode"),
    *("remoteCloseReason", "reportCompressionRatio", "reportTime", "result", "resultClose", "rxFrameStats"),
    *("rxOctetStats", "started", "trafficStats", "txFrameStats", "txOctetStats", "wasClean"),
    *("wasCloseHandshakeTimeout", "wasNotCleanReason", "wasOpenHandshakeTimeout", "wasServerConnectionDropTimeout"),
    "wirelog",
}


def covering(case: CaseResult, *ids: str, n: int = 1) -> CaseResult:
    return replace(case, n=n, aliases={"autobahn": ids})


def index(run: Run, folder: str = "servers") -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(render(run)[f"{folder}/index.json"])
    return found


def report(run: Run, identifier: str, folder: str = "servers") -> dict[str, Any]:
    """Return a case file as a script finds it: through the index."""
    (agent,) = index(run, folder)
    found: dict[str, Any] = json.loads(render(run)[f"{folder}/{index(run, folder)[agent][identifier]['reportfile']}"])
    return found


def close(direction: str, payload: str, t: float = 0.1) -> WireEvent:
    """Return an unmasked Close frame with ``payload`` in hexadecimal."""
    length = len(payload) // 2
    return WireEvent(
        t=t,
        dir="in" if direction == "in" else "out",
        kind="frame",
        hex=f"88{length:02x}{payload}",
        length=2 + length,
        frame=Frame(fin=True, rsv=0, op=8, masked=False, len=length),
    )


def test_the_index_has_the_keys_that_scripts_read() -> None:
    found = index(with_cases(RUN, [covering(PASSING, "2.1")]))

    assert found == {
        "app": {
            "2.1": {
                "behavior": "OK",
                "behaviorClose": "OK",
                "remoteCloseCode": None,
                "duration": 1,
                "reportfile": "app_case_2_1.json",
            }
        }
    }


def test_a_case_file_has_all_keys_and_no_other() -> None:
    assert len(KEYS) == 39
    assert report(with_cases(RUN, [covering(FAILED, "3.1")]), "3.1").keys() == KEYS


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.PASS, ("OK", "OK")),
        (Verdict.LENIENT, ("NON-STRICT", "OK")),
        (Verdict.INFO, ("INFORMATIONAL", "INFORMATIONAL")),
        (Verdict.UNSUPPORTED, ("UNIMPLEMENTED", "INFORMATIONAL")),
        (Verdict.FAIL, ("FAILED", "FAILED")),
        (Verdict.INCONCLUSIVE, ("FAILED", "FAILED")),
        (Verdict.ERROR, ("FAILED", "FAILED")),
    ],
)
def test_each_verdict_has_its_two_words(verdict: Verdict, words: tuple[str, str]) -> None:
    found = report(with_cases(RUN, [covering(replace(PASSING, verdict=verdict, reason="because"), "2.1")]), "2.1")

    assert (found["behavior"], found["behaviorClose"]) == words
    assert found["result"].startswith("inconclusive: ") == (verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR))


@pytest.mark.parametrize(
    ("verdict", "requirement", "word"),
    [
        (Verdict.LENIENT, "6455/7.1.7/close-code-is-appropriate", "WRONG CODE"),
        (Verdict.LENIENT, "6455/7.1.1/server-ends-tcp-first", "FAILED BY CLIENT"),
        (Verdict.LENIENT, "6455/7.1.7/close-frame-comes-first", "OK"),
        (Verdict.FAIL, "6455/7.4.1/code-1005-is-not-sent", "WRONG CODE"),
        (Verdict.FAIL, "6455/5.5.1/close-is-answered", "UNCLEAN"),
        (Verdict.FAIL, "6455/7.1.7/failing-ends-the-connection", "UNCLEAN"),
        (Verdict.FAIL, "6455/5.2/opcode-is-defined", "FAILED"),
    ],
)
def test_the_second_word_is_by_the_check_that_was_off(verdict: Verdict, requirement: str, word: str) -> None:
    check = Check(id="x", requirement=requirement, verdict=verdict)
    case = covering(replace(PASSING, verdict=verdict, checks=(check,)), "7.1")

    assert report(with_cases(RUN, [case]), "7.1")["behaviorClose"] == word


def test_the_gravest_of_our_cases_speaks_for_an_id_and_skipped_ones_do_not() -> None:
    cases = [
        covering(PASSING, "3.1", "3.2", n=1),
        covering(FAILED, "3.1", n=2),
        covering(RUN.cases[6], "3.2", "3.3", n=3),
    ]

    found = index(with_cases(RUN, cases))["app"]

    assert {identifier: entry["behavior"] for identifier, entry in found.items()} == {"3.1": "FAILED", "3.2": "OK"}
    assert "(and 1 more)" in report(with_cases(RUN, cases), "3.1")["description"]


def test_ids_are_numbered_as_a_reader_counts() -> None:
    run = with_cases(RUN, [covering(PASSING, "1.10.1", "1.2.10", "1.2.9")])

    assert {number: report(run, number)["case"] for number in ("1.2.9", "1.2.10", "1.10.1")} == {
        "1.2.9": 1,
        "1.2.10": 2,
        "1.10.1": 3,
    }


def test_what_was_on_the_wire_is_told_in_its_rows_and_counts() -> None:
    found = report(with_cases(RUN, [covering(FAILED, "3.1")]), "3.1")

    assert found["wirelog"] == [
        ["TO", [11, "c18537fa213d5f9f4d5158"], False],
        ["TF", [5, "hello"], 1, True, 4, "37fa213d", None, None, False],
        ["TO", [8, "8982000000004631"], False],
        ["TF", [2, "F1"], 9, True, 0, "00000000", None, None, False],
        ["RO", [7, "810568656c6c6f"]],
        ["RF", [5, "hello"], 1, True, 0, False, None],
        ["RO", [4, "8a024631"]],
        ["RF", [2, "F1"], 10, True, 0, False, None],
    ]
    assert found["received"] == [["message", "hello", False], ["pong", "F1"]]
    assert (found["txFrameStats"], found["rxFrameStats"]) == ({"1": 1, "9": 1}, {"1": 1, "10": 1})
    assert (found["txOctetStats"], found["rxOctetStats"]) == ({"8": 1, "11": 1}, {"4": 1, "7": 1})


def test_fragments_are_one_message_and_bytes_that_are_no_text_are_hexadecimal() -> None:
    def fragment(op: int, fin: bool, payload: str) -> WireEvent:
        length = len(payload) // 2
        frame = Frame(fin=fin, rsv=0, op=op, masked=False, len=length)
        return WireEvent(t=0, dir="in", kind="frame", hex=f"0000{payload}", length=2 + length, frame=frame)

    wire = (fragment(2, False, "ff"), fragment(0, True, "00"), fragment(1, True, "c3a4" * 50))

    found = report(with_cases(RUN, [covering(replace(FAILED, wire=wire), "5.1")]), "5.1")

    assert found["received"] == [["message", "0xff00", True], ["message", "ä" * 32, False]]


def test_heads_are_text_line_by_line() -> None:
    head = "HTTP/1.1 101 Switching Protocols\r\nServer: \x1b[2J\r\n\r\n"
    wire = (WireEvent(t=0, dir="in", kind="http", hex=head.encode().hex(), length=len(head)),)

    found = report(with_cases(RUN, [covering(replace(FAILED, wire=wire), "1.1")]), "1.1")

    assert found["httpResponse"] == "HTTP/1.1 101 Switching Protocols\r\nServer: \\x1b[2J\r\n\r\n"
    assert found["httpRequest"] == ""


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ((), (False, True, False, None, None)),
        ((close("out", "03e8"), close("in", "03ea6f6e")), (True, True, True, 1000, 1002)),
        ((close("in", ""),), (False, True, False, None, None)),
        ((WireEvent(t=0, dir="in", kind="reset"),), (False, False, False, None, None)),
        ((close("in", "03e9"), WireEvent(t=1, dir="out", kind="end")), (False, True, False, None, 1001)),
    ],
)
def test_how_a_connection_ended_is_told(wire: tuple[WireEvent, ...], expected: tuple[object, ...]) -> None:
    found = report(with_cases(RUN, [covering(replace(FAILED, wire=wire), "7.1")]), "7.1")

    keys = ("closedByMe", "droppedByMe", "wasClean", "localCloseCode", "remoteCloseCode")
    assert tuple(found[key] for key in keys) == expected
    assert (found["wasNotCleanReason"] is None) == found["wasClean"]


def test_a_masked_close_is_unmasked() -> None:
    frame = Frame(fin=True, rsv=0, op=8, masked=True, len=4, key="01020304")
    event = WireEvent(t=0, dir="in", kind="frame", hex="888401020304" + "02ea6c6a", length=10, frame=frame)

    found = report(with_cases(RUN, [covering(replace(FAILED, wire=(event,)), "7.1")]), "7.1")

    assert (found["remoteCloseCode"], found["remoteCloseReason"]) == (1000, "on")


def test_clients_have_a_folder_of_their_own() -> None:
    targets = (Target(id="t1", name="s", role="server"), Target(id="t2", name="c", role="client"))
    cases = [covering(replace(PASSING, target=name), "1.1", n=n) for n, name in enumerate(("s", "c"), start=1)]
    run = with_cases(replace(RUN, targets=targets), cases)

    assert sorted(render(run)) == [
        "clients/c_case_1_1.json",
        "clients/index.json",
        "servers/index.json",
        "servers/s_case_1_1.json",
    ]
    assert [report(run, "1.1", folder)["isServer"] for folder in ("servers", "clients")] == [False, True]


def test_agents_whose_names_look_alike_do_not_overwrite_each_other() -> None:
    names = ("My App", "my-app", "MY APP!", "my app_case_1")
    targets = tuple(Target(id=f"t{n}", name=name, role="server") for n, name in enumerate(names))
    ids = (("1.1",), ("1.1",), ("1.1",), ("1",))
    cases = [
        covering(replace(PASSING, target=name), *mine, n=n)
        for n, (name, mine) in enumerate(zip(names, ids, strict=True), 1)
    ]
    run = with_cases(replace(RUN, targets=targets), cases)

    files = [entry["reportfile"] for agent in index(run).values() for entry in agent.values()]
    assert len(render(run)) == 5
    assert len({file.lower() for file in files}) == len(files) == 4
    assert {f"servers/{file}" for file in files} == render(run).keys() - {"servers/index.json"}


def test_a_target_that_only_we_named_is_called_as_it_calls_itself() -> None:
    target = Target(id="t1", name="t1", role="server", agent="demo-server/1.0")

    assert list(index(with_cases(replace(RUN, targets=(target,)), [covering(PASSING, "1.1")]))) == ["demo-server/1.0"]


def test_cases_of_ours_alone_are_in_it_only_if_asked_for() -> None:
    run = with_cases(RUN, [covering(PASSING, "2.1"), replace(FAILED, aliases={})])

    every = json.loads(render(run, every=True)["servers/index.json"])

    assert list(index(run)["app"]) == ["2.1"]
    assert list(every["app"]) == ["2.1", "framing/rsv/rsv1-without-extension"]
    assert "servers/app_case_framing_rsv_rsv1-without-extension.json" in render(run, every=True)


def test_a_server_that_was_not_reached_gives_an_empty_index() -> None:
    assert render(with_cases(RUN, [])) == {"servers/index.json": b"{}\n"}
