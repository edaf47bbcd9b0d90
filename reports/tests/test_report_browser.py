"""The HTML report in a browser, from disk: it asks for nothing, complains of nothing, and shows what happened."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import force_setattr, replace
from websockets.sync.client import ClientConnection, connect
from ws_reports.example import example_known_run, example_other_run, example_run
from ws_reports.html import render
from ws_reports.record import Frame, Run, WireEvent, with_cases

pytestmark = pytest.mark.exhaustive

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-port=0",
)
BOUND_SECONDS = 60
"""How long the browser may take for one thing."""
PATIENCE_MILLISECONDS = 30_000
"""How long the page may take to become what a test waits for."""

VIEWS = (
    "overview",
    "cases",
    "requirements",
    "compare",
    "timing",
    "environment",
    "case=framing/rsv/rsv1-without-extension",
)
HOSTILE = "<script>owned = 1</script><img src=x onerror='owned = 1'>{{7*7}}\u202e</script><!--"


@contextmanager
def running(program: str) -> Iterator["Browser"]:
    """Run ``program`` with a profile of its own, which is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            assert process.stderr is not None
            found = next(filter(None, (re.search(r"DevTools listening on (\S+)", line) for line in process.stderr)))
            threading.Thread(target=deque, args=(process.stderr, 0), daemon=True).start()
            with connect(found[1], max_size=None, proxy=None) as wire:
                yield Browser(wire)
        finally:
            process.terminate()
            process.wait(BOUND_SECONDS)


class Browser:
    """One tab of a browser, as its debugging protocol shows it."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, object]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = str(self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, object]:
        """Return the answer to ``method``, and keep what the browser tells until then."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._wire.send(json.dumps(message if self._session is None else message | {"sessionId": self._session}))
        while True:
            told = json.loads(self._wire.recv(timeout=BOUND_SECONDS))
            if told.get("id") == self._number:
                assert "error" not in told, told
                return dict(told["result"])
            self.events.append(told)

    def open(self, path: Path, fragment: str = "", *, script: bool = True, width: int = 1280) -> None:
        """Open the page in ``path`` anew, and wait until it is there."""
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        self._load("about:blank")
        self.events.clear()
        self._load(path.as_uri() + fragment)
        if script:
            self.until("document.documentElement.classList.contains('live')")

    def _load(self, address: str) -> None:
        self.events.clear()
        self.call("Page.navigate", url=address)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(json.loads(self._wire.recv(timeout=BOUND_SECONDS)))

    def evaluate(self, expression: str) -> object:
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        result = answer["result"]
        assert isinstance(result, dict)
        return result.get("value")

    def until(self, condition: str) -> None:
        """Wait until ``condition`` holds on the page."""
        holds = self.evaluate(
            f"""new Promise((done) => {{
                const latest = performance.now() + {PATIENCE_MILLISECONDS};
                const look = () => {{
                    if ({condition}) done(true);
                    else if (performance.now() > latest) done(false);
                    else requestAnimationFrame(look);
                }};
                look();
            }})"""
        )
        assert holds, (condition, self.complaints())

    def press(self, *keys: str) -> None:
        for key in keys:
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            code = {"Tab": 9}.get(key, 0)
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, windowsVirtualKeyCode=code)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def write(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def seen(self) -> list[tuple[str, str]]:
        """Return role and name of everything that a screen reader is told of."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        assert isinstance(nodes, list)
        return [
            (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")
        ]

    def complaints(self) -> list[object]:
        """Return what the console has."""
        kinds = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [event["params"] for event in self.events if event["method"] in kinds]

    def requests(self) -> list[str]:
        """Return what was asked for, but for the page itself."""
        asked = [event["params"] for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [
            request["request"]["url"]
            for request in asked
            if isinstance(request, dict) and request.get("type") != "Document"
        ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        if os.environ.get("WSSPEC_REQUIRE_PEERS") == "1":
            pytest.fail("chromium is not there")
        pytest.skip("chromium is not there")
    with running(program) as tab:
        yield tab


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of this module: ``run.html``, and ``compared.html`` with other runs beside it."""
    made = tmp_path_factory.mktemp("pages")
    (made / "run.html").write_text(render(example_known_run()), "utf-8")
    (made / "compared.html").write_text(render(example_run(), [example_other_run()]), "utf-8")
    return made


def shown_cases(browser: Browser) -> object:
    return browser.evaluate(
        "[...document.querySelectorAll('#cases-table tbody tr:not([hidden]) .id')].map((cell) => cell.textContent)"
    )


def text_of(browser: Browser, selector: str) -> str:
    return str(browser.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))


# --- from disk --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["run.html", "compared.html"])
def test_a_page_from_disk_asks_for_nothing_and_complains_of_nothing(browser: Browser, folder: Path, name: str) -> None:
    for view in VIEWS:
        browser.open(folder / name, f"#{view}")

        assert browser.complaints() == []
        assert browser.requests() == []


@pytest.mark.parametrize("width", [1280, 390])
def test_no_view_is_wider_than_the_window(browser: Browser, folder: Path, width: int) -> None:
    for view in VIEWS:
        browser.open(folder / "compared.html", f"#{view}", width=width)

        assert browser.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), view


def test_without_script_the_tables_are_there_and_what_needs_it_is_not(browser: Browser, folder: Path) -> None:
    browser.open(folder / "run.html", script=False)

    seen = browser.seen()
    headings = {name for role, name in seen if role == "heading"}
    assert {"Causes", "What did not pass", "Cases", "Requirements", "Timing", "Environment"} <= headings
    assert [name for role, name in seen if role == "textbox" or role == "searchbox"] == []
    names = {name for _, name in seen}
    assert "framing/rsv/rsv1-without-extension" in names
    assert "Every Ping is answered by a Pong, unless a Close came before." in names


def test_markup_that_a_record_holds_is_text_on_the_page(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "hostile.html").write_text(render(hostile_run(), [hostile_run()]), "utf-8")

    for view in VIEWS:
        browser.open(tmp_path / "hostile.html", f"#{view}")
        assert browser.complaints() == []
        assert browser.requests() == []
    browser.open(tmp_path / "hostile.html", "#case-2")
    browser.until("!document.querySelector('#case').hidden")

    assert browser.evaluate("typeof owned") == "undefined"
    assert browser.evaluate("document.querySelectorAll('img, body script').length") == 2
    assert text_of(browser, "#case h2") == HOSTILE.replace("\u202e", "\\u202e")
    assert HOSTILE[:20] in text_of(browser, "#case .flow")


def hostile_run() -> Run:
    run = example_known_run()
    cases = [
        replace(
            case,
            id=HOSTILE,
            observed=HOSTILE,
            steps=(HOSTILE,),
            wire=tuple(
                replace(event, words=HOSTILE, note=HOSTILE, state=HOSTILE, allowed=(HOSTILE,)) for event in case.wire
            ),
            prints=tuple(replace(line, text=HOSTILE) for line in case.prints),
        )
        for case in run.cases
    ]
    return with_cases(run, cases)


# --- the list ---------------------------------------------------------------------------------------------------------


def test_a_word_in_the_box_filters_the_cases_and_stays_in_the_address(browser: Browser, folder: Path) -> None:
    browser.open(folder / "run.html")

    browser.press("/")
    browser.until("document.activeElement.id === 'filter'")
    browser.write("status:fail area:framing")
    browser.until("document.querySelector('#found').textContent.includes('of')")

    assert shown_cases(browser) == ["framing/rsv/rsv1-without-extension"]
    assert browser.evaluate("document.querySelector('#found').textContent") == "1 of 8 cases"
    assert browser.evaluate("location.hash") == "#cases&filter=status:fail+area:framing"
    assert (
        browser.evaluate("document.querySelector('[data-token=\"status:fail\"]').getAttribute('aria-pressed')")
        == "true"
    )


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("status:fail", [2]),
        ("status:fail,lenient", [2, 4]),
        ("status:fail status:lenient", [2, 4]),
        ("-status:pass -area:framing", [4, 5, 6, 8]),
        ("rfc:5.5", [1, 8]),
        ("rfc:5", [1, 2, 3, 7, 8]),
        ("rfc:6455#5.2", [2, 3, 7]),
        ("rfc:9110", []),
        ("req:minimal", [3, 7]),
        ("level:should", [4]),
        ("id:*ping*", [1, 8]),
        ("id:framing/*/64-bits", [7]),
        ("cause:a", [2]),
        ("known:xfail,xpass", [1, 2]),
        ("known:changed", [4]),
        ("tag:rsv", [2]),
        ("autobahn:2", [1]),
        ("autobahn:2.1", [1]),
        ("ms:>100", [5]),
        ("ms:<1 status:info", [3]),
        ("echoed", [2]),
        ('"ended TCP"', [4]),
        ("-ping -framing -utf8", [4, 6]),
        ("nokey:x", []),
    ],
)
def test_the_language_of_the_filter(browser: Browser, folder: Path, query: str, numbers: list[int]) -> None:
    if browser.evaluate("location.pathname") != (folder / "run.html").as_uri().removeprefix("file://"):
        browser.open(folder / "run.html", "#cases")

    browser.evaluate(
        f"""(() => {{
            const box = document.querySelector("#filter");
            box.value = {json.dumps(query)};
            box.dispatchEvent(new Event("input", {{ bubbles: true }}));
        }})()"""
    )

    assert shown_cases(browser) == [case.id for case in example_run().cases if case.n in numbers]


def test_the_language_of_the_filter_knows_columns(browser: Browser, folder: Path) -> None:
    found = {}
    for query in ("is:differs", "is:odd", "a:fail", "b:pass+-a:pass", "c:none"):
        browser.open(folder / "compared.html", f"#cases&filter={query}")
        found[query] = shown_cases(browser)

    rsv, ping = "framing/rsv/rsv1-without-extension", "control/ping/empty"
    assert found == {
        "is:differs": [rsv],
        "is:odd": [rsv],
        "a:fail": [rsv],
        "b:pass+-a:pass": [rsv],
        "c:none": [ping, "framing/length/16-bits-for-5"],
    }


def test_requirements_are_filtered_likewise(browser: Browser, folder: Path) -> None:
    browser.open(folder / "run.html", "#requirements&filter=is:untestable")

    assert text_of(browser, "#requirement-found") == "1 of 7 requirements"
    browser.evaluate("document.querySelector('#requirements [data-token=\"is:untestable\"]').click()")
    browser.evaluate("document.querySelector('#requirements [data-token=\"status:fail\"]').click()")
    assert browser.evaluate("location.hash") == "#requirements&filter=status:fail"
    assert "reserved-bit-set" in text_of(browser, "#requirements-table")


def test_everything_can_be_reached_by_keys(browser: Browser, folder: Path) -> None:
    browser.open(folder / "run.html", "#cases&filter=area:framing")

    browser.press("j", "j", "k")
    assert browser.evaluate("document.activeElement.textContent") == "framing/rsv/rsv1-without-extension"
    browser.press("Enter")
    browser.until("document.activeElement === document.querySelector('#case h2')")
    browser.press("j")
    browser.until("document.querySelector('#case h2').textContent === 'framing/length/16-bits-for-5'")
    browser.press("Escape")
    browser.until("document.activeElement.textContent === 'framing/length/16-bits-for-5'")
    assert browser.evaluate("location.hash") == "#cases&filter=area:framing"

    browser.evaluate("document.querySelector('#keys').click()")
    browser.press("/")
    assert browser.evaluate("document.activeElement.id") != "filter"


# --- a case -----------------------------------------------------------------------------------------------------------


def test_a_deep_link_opens_what_happened_in_a_case(browser: Browser, folder: Path) -> None:
    browser.open(folder / "run.html", "#case=framing/rsv/rsv1-without-extension")

    text = text_of(browser, "#case")
    for wanted in (
        "A reserved bit that no extension gave a meaning fails the connection.",
        'send a text frame "hello" with RSV1 set',
        "end without a Close",
        'text "hello", then the Pong of the fence',
        "Known: the codec ignores reserved bits, #412, owner @ana, until 2027-01-31",
        'FIN RSV1 TEXT len 5 masked "hello"',
        "✗ not allowed here",
        "must fail",
        "ends TCP without a Close",
        "a frame with reserved bits 0x4: passed on",
        "RSV1 set",
        "37 fa 21 3d",
        "5f 9f 4d 51 58",
        "wsspec replay 7QF3K2-002",
        'message "hello"',
    ):
        assert wanted in text
    assert browser.evaluate("document.querySelectorAll('#case .arrow').length") == 4
    assert browser.evaluate("document.title") == "✗ framing/rsv/rsv1-without-extension"
    times = [float(time) for time in re.findall(r"^\d\.\d{3}$", text, re.MULTILINE)]
    assert times == sorted(times)


def test_a_case_is_found_by_its_number_and_one_that_is_not_there_is_said_to_be_missing(
    browser: Browser, folder: Path
) -> None:
    browser.open(folder / "run.html", "#case-4")
    assert text_of(browser, "#case h2") == "closing/fail/without-close"

    browser.open(folder / "run.html", "#case=no/such-thing")
    assert "This report has no case called no/such-thing" in text_of(browser, "#case")


def test_an_event_opens_to_its_bytes(browser: Browser, folder: Path) -> None:
    browser.open(folder / "run.html", "#case=control/ping/empty")
    assert "Upgrade: websocket" not in text_of(browser, "#case .flow")

    browser.evaluate("document.querySelector('#case .event button').focus()")
    browser.press("Enter")
    browser.until("document.querySelector('#case .event button').getAttribute('aria-expanded') === 'true'")

    assert "Upgrade: websocket\\r\\n" in text_of(browser, "#case .flow").replace("\n\\r", "\\r")


FRAMES = {
    "a length in two more bytes": (
        WireEvent(
            t=0,
            dir="in",
            kind="frame",
            hex="817e00c8" + b"x".hex() * 192,
            length=204,
            words="FIN TEXT len 200",
            frame=Frame(fin=True, rsv=0, op=1, masked=False, len=200),
            ok=False,
        ),
        ("126: the next 2 bytes say", "extended length", "00 c8", "200", "… 8 more bytes"),
    ),
    "a length in eight more bytes": (
        WireEvent(
            t=0,
            dir="out",
            kind="frame",
            hex="02ff0000000000010000" + "00000000" + "41" * 8,
            length=65550,
            words="BINARY len 65536",
            frame=Frame(fin=False, rsv=0, op=2, masked=True, len=65536, key="00000000"),
            note="stimulus",
            sha256="ab" * 32,
        ),
        (
            "127: the next 8 bytes say",
            "65,536",
            "masking key",
            "more",
            "AAAAAAAA",
            "ab" * 32,
            "the page has the first 22",
        ),
    ),
    "a Close": (
        WireEvent(
            t=0,
            dir="in",
            kind="frame",
            hex="880703ea" + b"why\x07\\".hex(),
            length=9,
            words="FIN CLOSE",
            frame=Frame(fin=True, rsv=0, op=8, masked=False, len=7),
            ok=False,
        ),
        ("8 Close", "close code", "1002", "reason", "why\\x07\\x5c"),
    ),
    "a frame that is not whole": (
        WireEvent(
            t=0,
            dir="in",
            kind="frame",
            hex="81",
            length=3,
            words="FIN TEXT",
            frame=Frame(fin=True, rsv=7, op=1, masked=False, len=1),
            ok=False,
        ),
        ("81", "… 2 more bytes"),
    ),
    "bytes that are no frame": (
        WireEvent(t=0, dir="in", kind="bytes", hex=bytes(range(30, 50)).hex(), length=20, words="20 bytes", ok=False),
        ("1e 1f 20 21", '\\x1e\\x1f !"#$%', "20 bytes"),
    ),
    "hexadecimal that is none": (
        WireEvent(t=0, dir="in", kind="bytes", hex="xyz", length=2, words="two bytes", ok=False),
        ("two bytes",),
    ),
}


@pytest.mark.parametrize(("event", "wanted"), FRAMES.values(), ids=FRAMES)
def test_bytes_are_taken_apart(browser: Browser, tmp_path: Path, event: WireEvent, wanted: tuple[str, ...]) -> None:
    run = example_run()
    case = replace(run.cases[1], wire=())
    force_setattr(case, "wire", (event,))  # a case would refuse what is no hexadecimal
    (tmp_path / "bytes.html").write_text(render(with_cases(run, [case])), "utf-8")

    browser.open(tmp_path / "bytes.html", f"#case={case.id}")

    text = text_of(browser, "#case .flow")
    assert [words for words in wanted if words not in text] == []
    assert browser.complaints() == []


# --- for everybody ----------------------------------------------------------------------------------------------------


def test_a_screen_reader_finds_landmarks_headings_and_names(browser: Browser, folder: Path) -> None:
    for view in VIEWS:
        browser.open(folder / "compared.html", f"#{view}")

        seen = browser.seen()
        roles = [role for role, _ in seen]
        assert {"banner", "navigation", "main", "contentinfo", "heading"} <= set(roles)
        assert roles.count("main") == 1
        assert [
            role for role, name in seen if role in ("link", "button", "searchbox", "heading") and not name.strip()
        ] == []
        levels = browser.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, h4')].filter((each) => each.checkVisibility())"
            ".map((each) => Number(each.tagName[1]))"
        )
        assert isinstance(levels, list)
        assert levels[:2] == [1, 2]
        assert all(level <= before + 1 for before, level in pairwise(levels)), (view, levels)


def test_a_place_that_has_the_focus_is_marked(browser: Browser, folder: Path) -> None:
    browser.open(folder / "run.html")

    browser.press("Tab")

    assert text_of(browser, ":focus") == "Skip to the report"
    assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert browser.evaluate("document.activeElement.getBoundingClientRect().top >= 0")
