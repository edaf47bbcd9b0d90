"""The record: its JSON form and schema, what is computed from its cases, and how a wrong document is refused."""

import doctest
import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace
from ws_reports import record
from ws_reports.example import PING, RSV, UTF8, example_run
from ws_reports.record import (
    CaseResult,
    Check,
    ExitCode,
    Level,
    RecordError,
    RequirementResult,
    Run,
    Verdict,
    decode,
    encode,
    read,
)


def test_a_record_survives_the_way_through_json() -> None:
    assert decode(encode(example_run())) == example_run()


def test_the_example_has_every_verdict() -> None:
    assert set(example_run().summary.values()) == {1}
    assert set(example_run().summary) == set(Verdict)


def test_the_published_schema_is_the_one_of_the_types() -> None:
    published = files("ws_reports").joinpath("run.schema.json").read_bytes()

    assert published.replace(b"\r\n", b"\n") == record.schema_document()


def test_the_module_prints_the_schema() -> None:
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-m", "ws_reports.record"], capture_output=True, check=True
    ).stdout

    assert json.loads(printed) == record.schema()


def test_the_example_is_valid_by_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(record.schema())

    _validator().validate(json.loads(encode(example_run())))


def test_the_schema_lists_every_field() -> None:
    definitions = record.schema()["$defs"]
    assert isinstance(definitions, dict)
    document = json.loads(encode(example_run()))

    assert set(document) == set(definitions["Run"]["properties"])
    assert set(document["cases"][1]) == set(definitions["CaseResult"]["properties"])
    assert set(document["cases"][1]["wire"][0]) == set(definitions["WireEvent"]["properties"])


@pytest.mark.parametrize("field", ["format", "version", "run", "suite", "targets"])
def test_schema_and_reader_want_the_same_fields(field: str) -> None:
    document = json.loads(encode(example_run()))
    del document[field]

    assert not _validator().is_valid(document)
    with pytest.raises(RecordError, match=field):
        decode(json.dumps(document).encode())


def test_a_field_from_a_later_version_is_passed_over() -> None:
    document = json.loads(encode(example_run()))
    document["weather"] = document["cases"][0]["mood"] = "fair"

    assert decode(json.dumps(document).encode()) == example_run()


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        (b'"wsspec.run"', b'"junit"', "$.format", "the format is 'junit', not 'wsspec.run'"),
        (b'"version":1', b'"version":2', "$.version", "the version is 2, and this wsspec reads version 1"),
        (b'"n":3', b'"n":"3"', "$.cases[2].n", "Expected `int`, got `str`"),
        (b'"n":3', b'"n":0', "$.cases[2].n", "Expected `int` >= 1"),
        (b'"verdict":"info"', b'"verdict":"good"', "$.cases[2].verdict", "Invalid enum value 'good'"),
        (b'"hex":"8a024631"', b'"hex":"8A"', "$.cases[1]", "`wire[3].hex` is not lower-case hexadecimal"),
        (b'"hex":"8a024631"', b'"hex":"8a0"', "$.cases[1]", "`wire[3].hex` is not lower-case hexadecimal"),
        (b'"hex":"8a024631"', b'"hex":"8a 02"', "$.cases[1]", "`wire[3].hex` is not lower-case hexadecimal"),
        (b'"key":"37fa213d"', b'"key":"37fa213"', "$.cases[1].wire[0].frame.key", "Expected `str` matching regex"),
        (b'"7QF3K2-003"', b'"x; reboot"', "$.cases[2].replay", "Expected `str` matching regex"),
        (b'"id":"7QF3K2",', b"", "$.run", "Object missing required field `id`"),
        (b'"dir":"in"', b'"dir":"\\u001b[2J"', "$.cases[1].wire[2].dir", "Invalid enum value '\\x1b[2J'"),
    ],
)
def test_a_wrong_document_is_refused_with_place_and_problem(old: bytes, new: bytes, place: str, problem: str) -> None:
    document = encode(example_run())
    assert old in document

    with pytest.raises(RecordError) as refusal:
        decode(document.replace(old, new, 1))

    assert refusal.value.place == place
    assert refusal.value.problem.startswith(problem)
    assert refusal.value.remedy
    assert str(refusal.value).isprintable()
    with pytest.raises(RecordError) as same:
        read(BytesIO(document.replace(old, new, 1)))
    assert str(same.value) == str(refusal.value)


# --- reading from a file ----------------------------------------------------------------------------------------------


class _ReadOnce(BytesIO):
    """A file in which nobody goes back, and of which nobody takes more than so many bytes at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        return self._noted(super().read(size))

    def readline(self, size: int | None = -1, /) -> bytes:
        return self._noted(super().readline(size))

    def __next__(self) -> bytes:
        return self._noted(super().__next__())

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise AssertionError("it is read again")

    def _noted(self, data: bytes) -> bytes:
        self.most = max(self.most, len(data))
        return data


def test_of_a_record_in_a_file_no_more_than_a_result_is_held_besides_what_it_says() -> None:
    case = example_run().cases[1]
    run = record.with_cases(example_run(), [replace(case, n=n) for n in range(1, 101)])
    file = _ReadOnce(encode(run))

    assert read(file) == run
    assert file.most < len(encode(run)) / 20


LINES = encode(example_run())
CASES = LINES[LINES.index(b'"cases":[\n') : LINES.index(b'"requirements":[{')]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(LINES, id="as it was written"),
        pytest.param(msgspec.json.encode(example_run()), id="in one line"),
        pytest.param(msgspec.json.format(LINES), id="in many lines"),
        pytest.param(LINES.replace(b"\n", b"\r\n"), id="with other ends of lines"),
        pytest.param(LINES.replace(b',"rev":', b',\n"rev":'), id="a case in two lines"),
        pytest.param(LINES.replace(b',\n{"n":', b',{"n":'), id="all cases in a line"),
        pytest.param(LINES.replace(b',\n{"n":', b'\n{"n":'), id="no comma between cases"),
        pytest.param(LINES.replace(b"\n]", b",\n]"), id="a comma behind the last case"),
        pytest.param(LINES.replace(CASES, b'"cases":[\n],\n'), id="no cases"),
        pytest.param(LINES.replace(CASES, b""), id="nothing of cases"),
        pytest.param(LINES.replace(CASES, b'"later":{\n' + CASES + b'"more":1},\n'), id="cases of something else"),
        pytest.param(LINES[:2] + b'"later":{\n' + LINES[2:-2] + b"},\n" + LINES[2:], id="a record in a record"),
        pytest.param(LINES[: LINES.index(CASES) + len(CASES) // 2], id="cut in a case"),
        pytest.param(LINES[: LINES.index(CASES) + len(CASES)], id="cut behind the cases"),
        pytest.param(LINES[:10], id="cut at the beginning"),
        pytest.param(LINES + b"x", id="more behind it"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_document_in_a_file_is_read_as_any_other_however_its_lines_are(document: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(document)

    with (tmp_path / "run.json").open("rb") as file:
        assert _outcome(lambda: read(file)) == _outcome(lambda: decode(document))


def test_a_record_can_be_read_from_a_pipe() -> None:
    receiver, sender = os.pipe()
    with os.fdopen(receiver, "rb") as file, os.fdopen(sender, "wb") as pipe:
        pipe.write(LINES)
        pipe.close()

        assert read(file) == example_run()


def _outcome(reading: Callable[[], Run]) -> Run | str:
    try:
        return reading()
    except RecordError as error:
        return str(error)


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"<testsuites/>", b"\xff\xfe{}", b'{"format":"\xff"}', b'{"format":' + b"[" * 100_000, b"{}{}"],
)
def test_what_is_not_json_is_refused(document: bytes) -> None:
    with pytest.raises(RecordError, match="not JSON") as refusal:
        decode(document)

    assert refusal.value.place == "$"
    assert "file that a wsspec run wrote" in refusal.value.remedy


@pytest.mark.parametrize("document", [b"[]", b"1", b'"wsspec.run"', b"null", b"{}"])
def test_json_that_is_no_record_is_refused(document: bytes) -> None:
    with pytest.raises(RecordError):
        decode(document)


@pytest.mark.parametrize(
    ("verdicts", "gravest"),
    [
        ((), None),
        ((Verdict.PASS, Verdict.LENIENT), Verdict.LENIENT),
        ((Verdict.ERROR, Verdict.FAIL, Verdict.INCONCLUSIVE), Verdict.FAIL),
        ((Verdict.LENIENT, Verdict.INCONCLUSIVE), Verdict.INCONCLUSIVE),
        ((Verdict.PASS, Verdict.INFO), Verdict.INFO),
        ((Verdict.SKIPPED, Verdict.UNSUPPORTED, Verdict.PASS), Verdict.PASS),
    ],
)
def test_the_worst_verdict_counts(verdicts: tuple[Verdict, ...], gravest: Verdict | None) -> None:
    assert record.worst(verdicts) is gravest


def test_every_verdict_has_a_sign_of_its_own_and_a_meaning() -> None:
    assert len({verdict.sign for verdict in Verdict}) == len(Verdict)
    assert all(len(verdict.sign) == 1 and verdict.meaning for verdict in Verdict)


def test_every_exit_code_has_words_and_a_place_in_the_order() -> None:
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 5, 70, 130]
    assert all(code.words and code.meaning for code in ExitCode)
    assert record.gravest(ExitCode) is ExitCode.INTERRUPTED
    assert record.gravest((ExitCode.UNDECIDED, ExitCode.STALE_BASELINE, ExitCode.FAILURES)) is ExitCode.FAILURES
    assert record.gravest(()) is ExitCode.OK


def test_causes_group_failures_by_signature_the_largest_first() -> None:
    cases = (_failed(1, RSV, "rsv-ignored"), _failed(2, UTF8, "utf-8-ignored"), _failed(3, UTF8, "utf-8-ignored"))

    causes = record.group_causes(cases)

    assert [(cause.id, cause.signature, cause.cases) for cause in causes] == [
        ("A", "utf-8-ignored", (2, 3)),
        ("B", "rsv-ignored", (1,)),
    ]


def test_a_failure_without_a_signature_is_grouped_by_its_requirement() -> None:
    (cause,) = record.group_causes((_failed(1, RSV, None), _failed(2, RSV, None)))

    assert cause.signature == RSV
    assert cause.words.endswith(f": message of {RSV}")


def test_the_check_that_speaks_for_a_case_is_the_one_with_its_verdict() -> None:
    graver = Check(id="a", requirement=RSV, verdict=Verdict.INCONCLUSIVE)
    same = Check(id="b", requirement=UTF8, verdict=Verdict.LENIENT)
    case = CaseResult(n=1, id="a/b", target="t1", verdict=Verdict.LENIENT, checks=(graver, same))

    assert record.gravest_check(case) is same
    assert record.gravest_check(replace(case, verdict=Verdict.ERROR)) is graver
    assert record.gravest_check(replace(case, checks=())) is None


def test_only_failed_cases_have_causes() -> None:
    assert [cause.cases for cause in example_run().causes] == [(2,)]


def test_a_requirement_has_the_worst_verdict_of_the_cases_that_bear_on_it() -> None:
    verdicts = {requirement.id: requirement for requirement in example_run().requirements}

    assert verdicts[RSV].verdict is Verdict.FAIL
    assert verdicts[RSV].cases == (2,)
    assert verdicts[PING].verdict is Verdict.ERROR
    assert verdicts[PING].cases == (1, 8)
    assert verdicts["6455/5.3/masking-key-is-from-strong-entropy"].verdict is None


@pytest.mark.parametrize(
    ("of_the_case", "of_the_other_requirement"),
    [
        (Verdict.FAIL, Verdict.INCONCLUSIVE),
        (Verdict.LENIENT, Verdict.PASS),
        (Verdict.INFO, Verdict.PASS),
        (Verdict.PASS, Verdict.PASS),
        (Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    ],
)
def test_a_listed_requirement_without_a_check_is_not_blamed_for_another(
    of_the_case: Verdict, of_the_other_requirement: Verdict
) -> None:
    case = CaseResult(
        n=1,
        id="a/b",
        target="t1",
        requirements=(RSV, UTF8),
        verdict=of_the_case,
        checks=(Check(id="reaction", requirement=RSV, verdict=of_the_case),),
    )

    judged = record.requirement_verdicts((_requirement(RSV), _requirement(UTF8), _requirement(PING)), (case,))

    assert [requirement.verdict for requirement in judged] == [of_the_case, of_the_other_requirement, None]


def test_a_check_bears_on_a_requirement_that_the_case_does_not_list() -> None:
    case = CaseResult(
        n=7,
        id="a/b",
        target="t1",
        verdict=Verdict.FAIL,
        checks=(Check(id="breach", requirement=UTF8, verdict=Verdict.FAIL),),
    )

    (judged,) = record.requirement_verdicts((_requirement(UTF8),), (case,))

    assert (judged.verdict, judged.cases) == (Verdict.FAIL, (7,))


def test_lenient_meets_a_must_but_not_a_should() -> None:
    requirements = (
        replace(_requirement(RSV), verdict=Verdict.LENIENT),
        replace(_requirement(UTF8), verdict=Verdict.FAIL),
        replace(_requirement(PING), verdict=Verdict.INCONCLUSIVE),
        replace(_requirement(PING), verdict=Verdict.LENIENT, level=Level.SHOULD),
    )

    assert record.requirements_met(requirements) == {Level.MUST: (1, 2), Level.SHOULD: (0, 1), Level.MAY: (0, 0)}


def test_cases_are_ordered_by_number_and_everything_follows_from_them() -> None:
    run = example_run()
    bare = replace(run, summary={}, causes=(), cases=())

    assert record.with_cases(bare, reversed(run.cases)) == run


def test_the_parts_of_a_record_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        example_run().version = 1  # type: ignore[misc]  # the type checker knows it, too


def test_the_doctests_of_the_record_hold() -> None:
    assert doctest.testmod(record).failed == 0


def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(msgspec.to_builtins(record.schema()))


def _failed(n: int, requirement: str, signature: str | None) -> CaseResult:
    check = Check(
        id="reaction",
        requirement=requirement,
        verdict=Verdict.FAIL,
        signature=signature,
        message=f"message of {requirement}",
    )
    return CaseResult(n=n, id="a/b", target="t1", requirements=(requirement,), verdict=Verdict.FAIL, checks=(check,))


def _requirement(identifier: str) -> RequirementResult:
    return RequirementResult(id=identifier, rfc=6455, section="5", level=Level.MUST, text="Something holds.")
