"""Profiles: the frozen ones never change, each of their cases is there, and a run plays just those."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

import click
import pytest
from msgspec.structs import replace
from ws_conformance import profiles
from ws_conformance.cases import ALL_CASES
from ws_conformance.command import root
from ws_conformance.model import Case
from ws_conformance.mutants.demo_server import demo_server, echo_server
from ws_conformance.profiles import (
    AUTOBAHN,
    RULES,
    Profile,
    find_profile,
    freeze,
    frozen_cases,
    frozen_names,
    latest,
    newest_version,
    suite_cases,
)
from ws_conformance.profiles.__main__ import profiles as command
from ws_conformance.selection import Selection, select
from ws_conformance.testing import serving_peers
from ws_conformance.usage import UsageError
from ws_reports.record import ExitCode, Run, Verdict, decode

FROZEN = {
    "rfc6455@2026.11.toml": "faeb791375ba1d946d888f6986938234df4dc00323ec830245bd2f812451654a",
    "rfc7692@2026.11.toml": "f5d854478e779c4fd11b878447e21e47b094c0aa92b8dfbda0a4c57d2206f939",
    "limits@2026.11.toml": "143bc0e2cba9f29a0e81ae33928d67cb8b034a3ae100bff84bfcf403048f3c2e",
}
"""SHA-256 of each frozen profile: 'python -m ws_conformance.profiles freeze' prints the lines of a release."""

PING, TEXT = "control/ping/empty", "framing/mask/unmasked-text"


@pytest.mark.parametrize("name", FROZEN)
def test_a_frozen_profile_never_changes(name: str) -> None:
    text = files(profiles).joinpath(name).read_text("utf-8")

    assert hashlib.sha256(text.encode()).hexdigest() == FROZEN[name]


def test_every_frozen_profile_is_kept() -> None:
    assert {f"{name}.toml" for name in frozen_names()} == FROZEN.keys()


@pytest.mark.parametrize("name", frozen_names())
def test_each_case_of_a_frozen_profile_is_there_and_its_revision_only_rises(name: str) -> None:
    found = find_profile(name)

    assert found.name == name
    assert found.revisions
    assert found.retired == ()
    assert all(revision <= suite_cases()[case].revision for case, revision in found.revisions.items())


def test_each_case_is_in_one_of_the_latest_profiles() -> None:
    found = [set(latest(rule).revisions) for rule in RULES]

    assert sum(map(len, found)) == len(set().union(*found)) == len(suite_cases())


def test_the_autobahn_profile_is_what_covers_its_cases() -> None:
    chosen = select(ALL_CASES, Selection(profile=find_profile(AUTOBAHN)))

    assert {case.id for case in chosen} >= {"control/ping/empty"}
    assert len(chosen) < len(ALL_CASES)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("rfc6455", "rfc6455@latest"),
        ("rfc6455@latest", "rfc6455@latest"),
        ("rfc6455@2026.11", "rfc6455@2026.11"),
        ("rfc6455@2026.11+rfc7692@2026.11", "rfc6455+rfc7692@2026.11"),
        ("rfc6455@2026.11+rfc7692", "rfc6455+rfc7692@2026.11+latest"),
        ("autobahn", "autobahn@latest"),
    ],
)
def test_a_profile_is_named_with_its_version_or_several_are_joined(word: str, name: str) -> None:
    assert find_profile(word).name == name


@pytest.mark.parametrize(
    ("word", "remedy"),
    [("rfc6455@2026.12", "rfc6455@2026.11"), ("rfc645", "rfc6455"), ("autobahn@2026.11", "autobahn")],
)
def test_a_profile_that_is_not_there_is_a_mistake(word: str, remedy: str) -> None:
    with pytest.raises(UsageError) as error:
        find_profile(word)

    assert remedy in error.value.remedy


def test_a_joined_profile_has_the_cases_of_both() -> None:
    both, one, other = (find_profile(f"{word}") for word in ("rfc6455+rfc7692", "rfc6455", "rfc7692"))

    assert both.revisions == {**one.revisions, **other.revisions}


def test_a_selection_of_a_profile_holds_what_strains_and_compresses_if_it_does() -> None:
    def chosen(profile: str, *words: str) -> set[str]:
        selection = Selection(profile=find_profile(profile), words=words)
        return {case.area for case in select(ALL_CASES, selection)}

    assert chosen("limits") == {"limits"}
    assert chosen("rfc7692@2026.11") == {"deflate"}
    assert chosen("rfc6455@2026.11", "framing") == {"framing"}
    with pytest.raises(UsageError, match="the selection is empty"):
        chosen("rfc6455@2026.11", "deflate")


# --- freezing ---------------------------------------------------------------------------------------------------------


def test_what_is_frozen_now_is_what_the_latest_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["freeze", "2099.01", "--into", str(tmp_path)]

    command.main(arguments, standalone_mode=False)

    written = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    printed = capsys.readouterr().out
    assert written == dict(freeze("2099.01"))
    for name, text in written.items():
        assert f'"{name}": "{hashlib.sha256(text.encode()).hexdigest()}",' in printed
    with pytest.raises(click.ClickException, match="never changes"):
        command.main(arguments, standalone_mode=False)
    command.main([*arguments, "--again"], standalone_mode=False)


def test_a_version_is_a_year_and_a_month() -> None:
    with pytest.raises(UsageError, match=r"'1\.0' is no version"):
        list(freeze("1.0"))


def test_the_newest_version_holds_cases_of_each_profile() -> None:
    version = newest_version()
    assert version is not None

    assert {profile for name in frozen_names() if name.endswith(version) for profile in name.split("@")[:1]} == {*RULES}
    assert frozen_cases(version) <= suite_cases().keys()
    assert frozen_cases("1999.01") == frozenset()


# --- a run ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def an_older_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the frozen profile come from a suite in which one case meant something else, and one was still there."""
    monkeypatch.chdir(tmp_path)
    old = Profile(id="rfc6455", frozen="2020.01", revisions={PING: 1, TEXT: 1, "control/gone": 1})
    known: dict[str, Case] = dict(suite_cases())
    known[TEXT] = replace(known[TEXT], revision=2)
    monkeypatch.setattr(profiles, "suite_cases", lambda: known)
    monkeypatch.setattr(profiles, "find_profile", lambda word: old)


def recorded() -> Run:
    return decode(Path("wsspec-report/run.json").read_bytes())


@pytest.mark.exhaustive
@pytest.mark.usefixtures("an_older_suite")
def test_a_run_of_a_frozen_profile_plays_its_cases_and_what_changed_cannot_fail_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving_peers(demo_server) as url:
        code = root.run(["server", url, "--profile", "rfc6455@2020.01", "--scale", "0.5"])

    run = recorded()
    output = " ".join(capsys.readouterr().out.split())
    assert code == ExitCode.OK
    assert {case.id: case.verdict for case in run.cases} == {PING: Verdict.PASS, TEXT: Verdict.FAIL}
    assert run.suite.profile is not None
    assert (run.suite.profile.changed, run.suite.profile.retired) == ((TEXT,), ("control/gone",))
    assert (
        f"1 case has another meaning since rfc6455@2020.01 was frozen, and cannot make the run fail: {TEXT}" in output
    )
    assert "1 case is gone since rfc6455@2020.01 was frozen: control/gone" in output


def test_a_run_says_of_which_profile_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with serving_peers(echo_server) as url:
        root.run(["server", url, PING, "--profile", "rfc6455@2026.11", "-qq"])
    frozen = recorded().suite.profile
    with serving_peers(echo_server) as url:
        root.run(["server", url, PING, "--profile", "rfc6455", "-qq"])
    growing = recorded().suite.profile

    assert frozen is not None
    assert growing is not None
    assert (frozen.id, frozen.frozen) == ("rfc6455", "2026.11")
    assert (growing.id, growing.frozen) == ("rfc6455", None)


def test_profiles_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(["help", "profiles"]) == ExitCode.OK
    assert root.run(["list", "--profile", "rfc7692@2026.11"]) == ExitCode.OK

    output = capsys.readouterr().out
    assert "rfc6455@2026.11" in output
    assert "never changes" in output
    assert "deflate/" in output
