"""The HTML report: one file, valid by its own policy, in which everything a reader needs is there without a script."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import product

import pytest
from msgspec.structs import replace
from ws_reports.example import example_known_run, example_other_run, example_run
from ws_reports.html import DETAILED_LENGTH, render
from ws_reports.html.holding import FIRST_EVENTS, LAST_EVENTS, ROWS, TEXT_LENGTH
from ws_reports.html.overview import headline
from ws_reports.html.words import OVERLAYS, when
from ws_reports.record import RequirementResult, Run, Verdict, WireEvent, with_cases

RUN = example_run()
KNOWN = example_known_run()
OTHER = example_other_run()
PAGES = {"one run": render(RUN), "with a baseline": render(KNOWN), "compared": render(RUN, [OTHER])}
VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})


class Page(HTMLParser):
    """What a parser makes of a page: its elements with their attributes, its text, and whether tags match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("script", "style"):
            self.text += data


@pytest.fixture(params=list(PAGES.values()), ids=list(PAGES))
def page(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


def test_every_case_requirement_and_cause_is_on_the_page() -> None:
    text = Page(PAGES["one run"]).text

    for wanted in (
        *(case.id for case in RUN.cases),
        *(requirement.text for requirement in RUN.requirements),
        *(requirement.id for requirement in RUN.requirements),
        *(RUN.cases[1].checks[0].message,),
        *(f"{verdict.sign} {verdict.value}" for verdict in Verdict),
        *(verdict.meaning for verdict in Verdict),
        *(f"wsspec replay {case.replay}" for case in RUN.cases[1:2]),
        "810568656c6c6f",
        "not allowed here",
        "MUST met 0/1",
        "exit code 1: unexpected failures",
        "not tested: from outside",
        "Keys can be shown to be predictable, never to be unpredictable",
        "must fail: sends Close 1002; or ends TCP without a Close (departs from a SHOULD)",
    ):
        assert wanted in text


def test_what_a_baseline_says_and_what_the_target_printed_is_on_the_page() -> None:
    text = Page(PAGES["with a baseline"]).text

    assert KNOWN.baseline is not None
    for wanted in (
        *(word for word, _ in OVERLAYS.values()),
        *(KNOWN.baseline.file, *KNOWN.baseline.stale, *KNOWN.baseline.changed, *KNOWN.baseline.expired),
        *(*KNOWN.baseline.unmatched, *KNOWN.baseline.soon),
        "2 about what is declared as not implemented",
        "#412 until 2027-01-31: the codec ignores reserved bits",
        "1 of 6 cases fails, for 1 cause (1 known)",
        "a frame with reserved bits 0x4: passed on",
    ):
        assert wanted in text


def test_runs_stand_side_by_side_on_the_page() -> None:
    page = Page(PAGES["compared"])

    assert "app demo-server/1.0" in page.text
    assert "rival" in page.text
    assert "1 case differs" in page.text
    assert [
        attributes["class"] for tag, attributes in page.elements if (attributes.get("class") or "").startswith("c ")
    ]
    assert "#compare" in [attributes.get("href") for _, attributes in page.elements]
    assert "#compare" not in [attributes.get("href") for _, attributes in Page(PAGES["one run"]).elements]


def test_the_policy_permits_one_style_sheet_and_one_script_and_nothing_else(page: str) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)
    )

    policies = [
        attributes["content"]
        for tag, attributes in Page(page).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]

    assert policies == [
        f"default-src 'none'; style-src 'sha256-{style_hash}'; script-src 'sha256-{script_hash}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    ]


def test_nothing_is_fetched_and_nothing_runs_but_the_one_script(page: str) -> None:
    elements = Page(page).elements

    assert [attributes for tag, attributes in elements if tag == "script"] == [
        {"type": "application/octet-stream", "id": "data"},
        {"type": "module"},
    ]
    for tag, attributes in elements:
        assert tag not in {"link", "img", "iframe", "object", "base", "image", "use", "foreignobject"}
        assert not any(name in ("style", "src", "action") or name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")


def test_every_link_leads_somewhere_and_no_place_is_named_twice(page: str) -> None:
    elements = Page(page).elements

    places = [attributes["id"] for _, attributes in elements if "id" in attributes]
    links = {attributes["href"] for _, attributes in elements if "href" in attributes}
    named = {
        place
        for _, attributes in elements
        for name in ("for", "aria-labelledby", "aria-describedby", "data-list")
        for place in (attributes.get(name) or "").split()
    }
    assert len(places) == len(set(places))
    assert links <= {f"#{place}" for place in places}
    assert named <= set(places)


def test_every_heading_of_a_table_says_what_it_is_the_heading_of(page: str) -> None:
    headings = [attributes for tag, attributes in Page(page).elements if tag == "th"]

    assert headings
    assert {attributes.get("scope") for attributes in headings} <= {"col", "row", "rowgroup"}


def test_requirements_are_in_rfc_order_those_of_rfc_6455_first() -> None:
    template = RUN.requirements[0]
    sections = [(9110, "7.8"), (6455, "10.4"), (6455, "5.2"), (6455, "5.2.1"), (3629, "3"), (6455, "A.1")]
    requirements: list[RequirementResult] = [
        replace(template, id=f"{rfc}/{section}/x", rfc=rfc, section=section) for rfc, section in sections
    ]

    text = Page(render(replace(RUN, requirements=tuple(requirements), cases=(), causes=()))).text

    assert re.findall(r"(\d+/[A\d.]+)/x", text) == [
        "6455/A.1",
        "6455/5.2",
        "6455/5.2.1",
        "6455/10.4",
        "3629/3",
        "9110/7.8",
    ]


def test_a_section_of_more_digits_than_python_reads_as_a_number_is_no_obstacle() -> None:
    endless = replace(RUN.requirements[0], section="9" * 5_000)

    assert endless.text in Page(render(replace(RUN, requirements=(endless,)))).text


def test_a_requirement_without_a_verdict_says_why() -> None:
    text = Page(PAGES["one run"]).text

    assert "its cases failed for another reason, or could not be decided" in text
    assert "the target does not offer what its cases need" in text
    assert "no case of this run bears on it" in Page(render(with_cases(RUN, RUN.cases[:1]))).text


def test_a_run_without_results_and_one_that_did_not_finish_have_a_page() -> None:
    bare = replace(with_cases(RUN, ()), requirements=(), run=replace(RUN.run, complete=False, seconds=None, exit=None))

    text = Page(render(bare)).text

    assert "The run did not finish" in text
    assert "Nothing was judged" in text
    assert Page(render(replace(bare, targets=())))


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((2,), "1 of 1 case fails, for 1 cause"),
        ((1, 8), "Nothing failed, but 1 case met an error of the suite"),
        ((1, 5), "Nothing failed, but 1 case could not be decided"),
        ((1, 3, 4), "Nothing failed in 3 cases"),
        ((6, 7), "Nothing was judged"),
    ],
)
def test_a_sentence_says_what_a_run_comes_to(numbers: tuple[int, ...], words: str) -> None:
    run = with_cases(RUN, [case for case in RUN.cases if case.n in numbers])

    assert headline(run)[1] == words


def test_what_is_no_moment_is_shown_as_it_is() -> None:
    assert when("2026-11-22T10:14:03+01:00") == "22 Nov 2026, 09:14 UTC"
    assert [when(words) for words in ("", "yesterday", "9999-12-31T23:59:59-23:59")] == [
        "",
        "yesterday",
        "9999-12-31T23:59:59-23:59",
    ]


def test_long_texts_and_conversations_are_cut() -> None:
    event = WireEvent(t=0, dir="in", kind="bytes", hex="00" * 500, length=500)
    many = FIRST_EVENTS + LAST_EVENTS + 105
    case = replace(RUN.cases[1], observed="", wire=(event,) * many, because="x" * (TEXT_LENGTH + 7))

    text = Page(render(with_cases(RUN, (case,)))).text

    assert "… 105 more" in text
    assert "x" * TEXT_LENGTH + "… 7 more" in text
    assert "00" * 32 + "…" in text
    assert "00" * 33 not in text


def test_a_full_run_is_a_page_of_less_than_two_megabytes() -> None:
    page = render(large_run())

    assert len(page.encode()) < 2_000_000
    assert page.count("✗ fail") > 2300


def test_a_run_without_end_is_a_page_with_one() -> None:
    cases = [replace(RUN.cases[0], n=n, id=f"control/ping/number-{n}") for n in range(1, ROWS + 18)]

    page = render(with_cases(RUN, cases))

    assert "… 17 more are in the record." in page
    assert f"control/ping/number-{ROWS + 1}" not in page


def test_when_the_details_are_too_many_one_of_each_cause_comes_first() -> None:
    run = large_run()
    last = replace(run.cases[-1], checks=(replace(run.cases[-1].checks[0], signature="another"),))

    page = render(with_cases(run, (*run.cases[:-1], last)))

    details = re.findall(r'<details id="case-(\d+)">', page)
    assert details[:3] == ["1", str(last.n), "2"]
    assert DETAILED_LENGTH // 10_000 < len(details) < len(run.cases)
    assert f"… {len(run.cases) - len(details):,} more are in the table below" in page


def large_run(count: int = 2300) -> Run:
    """Return a run of ``count`` cases that fail, each with bytes of its own."""
    failed = RUN.cases[1]
    digests = (hashlib.sha256(str(n).encode()).hexdigest() for n in range(1, count + 1))
    cases = [
        replace(
            failed,
            n=n,
            id=f"framing/made-up-for-a-long-list/case-number-{n}",
            replay=f"7QF3K2-{n}",
            observed=f'text "{digest[:16]}"',
            wire=tuple(
                replace(event, hex=digest * 4, length=1000, t=n / 1e6 + index)
                for index, event in enumerate(failed.wire)
            ),
        )
        for n, digest in enumerate(digests, start=1)
    ]
    return with_cases(RUN, cases)


# --- colours ----------------------------------------------------------------------------------------------------------

VERDICTS = [verdict.value for verdict in Verdict]
TEXTS = ("text", "quiet", "link", *VERDICTS)
GROUNDS = ("page", "panel")
FIELDS = [f"field-{number}" for number in range(1, 6)]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_told_from_its_ground(theme: int) -> None:
    colours = palette(theme)

    pairs = [
        *product(TEXTS, GROUNDS),
        *product(("text", "quiet"), ("sunk", "stimulus-wash", "fail-wash")),
        *product(("fail",), ("fail-wash",)),
        *product(("text",), FIELDS),
    ]
    assert {
        pair: contrast(*(colours[name] for name in pair))
        for pair in pairs
        if contrast(*(colours[name] for name in pair)) < 4.5
    } == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_lines_that_mean_something_can_be_seen(theme: int) -> None:
    colours = palette(theme)

    assert all(contrast(colours[line], colours["page"]) >= 3 for line in ("edge", "focus", "fail", "text"))


def palette(theme: int) -> dict[str, str]:
    """Return the colours of the style sheet by name, of the light theme or the dark one."""
    blocks = re.findall(r":root \{(.*?)\}", PAGES["one run"], re.DOTALL)
    found: dict[str, str] = {}
    for block in blocks[: theme + 1]:
        found |= re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block)
    return found


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2 defines it."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
