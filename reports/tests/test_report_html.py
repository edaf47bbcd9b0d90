"""The HTML report: one file, valid by its own policy, in which everything a reader needs is there."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from msgspec.structs import replace
from ws_reports.example import example_run
from ws_reports.html import EVENTS, TEXT_LENGTH, render
from ws_reports.record import RequirementResult, Verdict, WireEvent, with_cases

RUN = example_run()
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

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_case_requirement_and_cause_is_on_the_page() -> None:
    page = Page(render(RUN))

    for wanted in (
        *(case.id for case in RUN.cases),
        *(requirement.text for requirement in RUN.requirements),
        *(cause.words for cause in RUN.causes),
        *(f"{verdict.sign} {verdict.value}" for verdict in Verdict),
        *(verdict.meaning for verdict in Verdict),
        *(f"wsspec replay {case.replay}" for case in RUN.cases[1:2]),
        "810568656c6c6f",
        "not allowed here",
        "0/1 MUST met",
        "exit code: unexpected failures",
        "not tested: from outside",
    ):
        assert wanted in page.text


def test_the_policy_permits_one_style_sheet_and_nothing_else() -> None:
    page = render(RUN)

    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    policies = [
        attributes["content"]
        for tag, attributes in Page(page).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]
    assert len(style) == 1


def test_nothing_is_fetched_and_nothing_runs() -> None:
    for tag, attributes in Page(render(RUN)).elements:
        assert tag not in {"script", "link", "img", "iframe", "object", "base", "form"}
        assert not any(name == "style" or name == "src" or name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")


def test_every_link_leads_somewhere_and_no_place_is_named_twice() -> None:
    elements = Page(render(RUN)).elements

    places = [attributes["id"] for _, attributes in elements if "id" in attributes]
    links = {attributes["href"] for _, attributes in elements if "href" in attributes}
    assert len(places) == len(set(places))
    assert links <= {f"#{place}" for place in places}


def test_requirements_are_in_rfc_order() -> None:
    template = RUN.requirements[0]
    sections = [(9110, "7.8"), (6455, "10.4"), (6455, "5.2"), (6455, "5.2.1"), (3629, "3"), (6455, "A.1")]
    requirements: list[RequirementResult] = [
        replace(template, id=f"{rfc}/{section}/x", rfc=rfc, section=section) for rfc, section in sections
    ]

    text = Page(render(replace(RUN, requirements=tuple(requirements), cases=()))).text

    assert re.findall(r"(\d+/[A\d.]+)/x", text) == [
        "3629/3",
        "6455/A.1",
        "6455/5.2",
        "6455/5.2.1",
        "6455/10.4",
        "9110/7.8",
    ]


def test_a_section_of_more_digits_than_python_reads_as_a_number_is_no_obstacle() -> None:
    endless = replace(RUN.requirements[0], section="9" * 5_000)

    assert endless.text in Page(render(replace(RUN, requirements=(endless,)))).text


def test_a_run_without_results_and_one_that_did_not_finish_have_a_page() -> None:
    bare = replace(with_cases(RUN, ()), requirements=(), run=replace(RUN.run, complete=False, seconds=None, exit=None))

    assert "the run did not finish" in Page(render(bare)).text


def test_long_texts_and_conversations_are_cut() -> None:
    event = WireEvent(t=0, dir="in", kind="bytes", hex="00" * 500, length=500)
    case = replace(RUN.cases[1], observed="", wire=(event,) * (EVENTS + 5), because="x" * (TEXT_LENGTH + 7))

    page = Page(render(with_cases(RUN, (case,)))).text

    assert "… 5 more events are in the record." in page
    assert "x" * TEXT_LENGTH + "… 7 more" in page
    assert "00" * 64 + "…" in page
    assert "00" * 65 not in page
