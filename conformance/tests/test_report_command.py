"""``wsspec report``, and ``--report-format`` of a run: every format, from any record, offline, into any place."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from ws_conformance.command import root
from ws_conformance.command.files import ReportFolder
from ws_reports.anchor import Anchor
from ws_reports.events import write_events
from ws_reports.example import RSV, example_other_run, example_run
from ws_reports.formats import FORMATS, Settings
from ws_reports.record import ExitCode, encode, with_cases

RUN = example_run()
ANCHOR = Anchor("src/ws.rs", {RSV: 2})
FILES = [name for name, output in FORMATS.items() if not output.is_folder]
NOBODY = "ws://127.0.0.1:1/"


@pytest.fixture(autouse=True)
def in_a_folder_with_a_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("kept").mkdir()
    Path("kept/run.json").write_bytes(encode(RUN))
    Path("src").mkdir()
    Path("src/ws.rs").write_text(f"fn read() {{}}\n// wsspec: anchor {RSV}\n")


def rendered(name: str) -> bytes:
    data = FORMATS[name].render(RUN, Settings(anchor=ANCHOR))
    assert isinstance(data, bytes)
    return data


@pytest.mark.parametrize("name", FILES)
def test_a_format_goes_to_standard_output_to_a_file_or_into_a_folder(
    name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    demand = ["report", "kept/run.json", "--format", name, "--anchor", "src/ws.rs"]

    for output in ([], ["-o", "-"], ["-o", "a.file"], ["-o", "."]):
        assert root.run([*demand, *output]) == ExitCode.OK

    assert capsysbinary.readouterr().out == rendered(name) * 2
    assert Path("a.file").read_bytes() == Path(FORMATS[name].file).read_bytes() == rendered(name)


def test_what_is_a_folder_goes_beside_the_record_or_where_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(["report", "kept/run.json", "--format", "autobahn"]) == ExitCode.OK
    assert root.run(["report", "kept/run.json", "--format", "autobahn", "--all", "-o", "reports"]) == ExitCode.OK

    assert list(json.loads(Path("kept/autobahn/servers/index.json").read_bytes())["app"]) == ["2.1"]
    assert "framing/rsv/rsv1-without-extension" in json.loads(Path("reports/servers/index.json").read_bytes())["app"]
    assert capsys.readouterr() == ("", "2 files in kept/autobahn\n8 files in reports\n")


def test_other_runs_are_shown_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("other.json").write_bytes(encode(example_other_run()))

    assert root.run(["report", "kept/run.json", "--before", "other.json", "--beside", "kept/run.json"]) == ExitCode.OK

    page = capsys.readouterr().out
    assert page.count("this run</span>") == 1
    assert re.findall(r'<th scope="row" class="letter">(\w)</th><td>(\w+)', page) == [
        ("A", "app"),
        ("B", "rival"),
        ("C", "third"),
        ("D", "app"),
    ]


def test_an_events_file_of_a_run_that_did_not_finish_will_do(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    partial = replace(RUN, run=replace(RUN.run, complete=False, exit=None, seconds=None))
    Path("events.ndjson").write_bytes(write_events(partial)[:-20])

    assert root.run(["report", "events.ndjson", "--format", "junit"]) == ExitCode.OK

    document = ElementTree.fromstring(capsysbinary.readouterr().out)
    assert "did not finish" in [error.attrib["message"] for error in document.iter("error")][-1]


def test_what_fails_where_it_ends_and_what_changed_are_the_users_to_say(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    Path("before.json").write_bytes(encode(with_cases(RUN, RUN.cases[:1])))

    root.run(["report", "kept/run.json", "--format", "tap", "--fail-on", "should"])
    assert b"not ok 4 - closing/fail/without-close" in capsysbinary.readouterr().out
    root.run(["report", "kept/run.json", "--format", "md", "--before", "before.json", "--max-bytes", "1000"])
    page = capsysbinary.readouterr().out
    assert b"### Since run" in page
    assert len(page) <= 1000


@pytest.mark.parametrize(
    ("arguments", "problem", "remedy"),
    [
        (["--format", "sarif"], "needs a file", "--anchor src/ws.rs"),
        (["--format", "sarif", "--anchor", "/etc/hostname"], "not in the current folder", "root of your repository"),
        (["--format", "sarif", "--anchor", "src/none.rs"], "src/none.rs: No such file", "your sources"),
        (["--format", "autobahn", "-o", "-"], "a folder of files", "-o DIR"),
        (["--format", "autobahn", "-o", "src/ws.rs"], "src/ws.rs", "a folder that can be written"),
        (["--format", "md", "-o", "none/of/these.md"], "none/of/these.md", "a file that can be written"),
        (["--format", "md", "--before", "none.json"], "none.json: No such file", "run.json"),
        (["--format", "md", "--max-bytes", "10"], "--max-bytes", "--help"),
        (["--format", "pdf"], "'pdf'", "--help"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_remedy(
    arguments: list[str], problem: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert root.run(["report", "kept/run.json", *arguments]) == ExitCode.USAGE

    output = capsys.readouterr()
    assert output.out == ""
    assert problem in output.err
    assert remedy in output.err


# --- with the run ---


def test_a_run_leaves_every_format_that_was_asked_for() -> None:
    wanted = [name for name in FORMATS if name not in ("html", "json")]
    folder = ReportFolder(Path("report"), wanted, Settings(anchor=ANCHOR))

    folder.begun(with_cases(RUN, []), [], {})
    for case in RUN.cases:
        folder.played(case)
    folder.ended(RUN)

    found = {path.relative_to("report").as_posix() for path in Path("report").rglob("*") if path.is_file()}
    trees = {"autobahn/servers/index.json", "autobahn/servers/app_case_2_1.json"}
    assert found == {"events.ndjson", *(FORMATS[name].file for name in FILES), *trees}
    assert all(Path("report", FORMATS[name].file).read_bytes() == rendered(name) for name in FILES)
    assert set(folder.names) >= {FORMATS[name].file for name in wanted}


def test_what_an_earlier_run_left_does_not_outlive_the_beginning_of_a_new_one() -> None:
    Path("report").mkdir()
    Path("report/junit.xml").write_bytes(b"old")

    folder = ReportFolder(Path("report"), ["junit"])
    folder.begun(with_cases(RUN, []), [], {})
    outlived = Path("report/junit.xml").exists()
    folder.ended(RUN)

    assert not outlived
    assert Path("report/junit.xml").read_bytes() == rendered("junit")


@pytest.mark.exhaustive
def test_a_target_that_is_not_there_is_no_green_page() -> None:
    formats = ["--report-format", "junit", "--report-format", "md", "--report-format", "junit"]

    assert root.run(["server", NOBODY, "framing/mask", *formats]) == ExitCode.NOT_REACHABLE

    errors = [error.attrib["message"] for error in ElementTree.parse("wsspec-report/junit.xml").iter("error")]
    assert "not reachable" in errors[-1]
    assert "not reachable" in Path("wsspec-report/summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--report-format", "sarif"], "needs a file"),
        (["--report-format", "junit", "--no-report"], "--no-report writes none"),
        (["--report-format", "junit", "--anchor", "none.rs"], "none.rs"),
        (["--report-format", "html"], "'html'"),
    ],
)
def test_what_cannot_be_written_later_is_refused_at_once(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert root.run(["server", NOBODY, *arguments]) == ExitCode.USAGE

    assert problem in capsys.readouterr().err
    assert not Path("wsspec-report").exists()


def test_the_manual_has_every_format_with_its_file() -> None:
    manual = Path(__file__).parents[2] / "docs" / "formats.md"
    lines = manual.read_text(encoding="utf-8").splitlines()

    rows = [line.split(" | ")[:2] for line in lines if line.startswith("| `")]
    assert rows == [[f"| `{name}`", f"`{output.file}`"] for name, output in FORMATS.items()]
