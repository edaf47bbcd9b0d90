"""What a shell proposes for the words of ``wsspec``, and what makes it ask."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from ws_conformance.cases import ALL_CASES
from ws_conformance.catalogue import load_catalogue
from ws_conformance.command import root
from ws_conformance.peer import Role
from ws_reports.record import ExitCode


def proposed(*words: str) -> Sequence[str]:
    """Return what is proposed for the last of ``words``, those behind the name of the command."""
    *before, typed = words
    completing = ShellComplete(root.wsspec, {}, "wsspec", "_WSSPEC_COMPLETE")
    return [item.value for item in completing.get_completions(before, typed)]


@pytest.mark.parametrize(
    ("words", "proposals"),
    [
        (("se",), ["server", "self-check"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("server", "ws://127.0.0.1/", "f"), ["framing", "fragmentation"]),
        (("server", "ws://127.0.0.1/", "control/ping/em"), ["control/ping/empty"]),
        (("list", "--exclude", "control/ping/em"), ["control/ping/empty"]),
        (("list", "--area", "frag"), ["fragmentation"]),
        (("list", "--area=frag"), ["fragmentation"]),
        (("list", "--req", "6455/5.2/reserved-bits"), ["6455/5.2/reserved-bits-are-zero"]),
        (("list", "--tag", "lim"), ["limits"]),
        (("explain", "6455/5.2/reserved-bits"), ["6455/5.2/reserved-bits-are-zero"]),
        (("explain", "control/ping/em"), ["control/ping/empty"]),
        (("no-such-command", "x"), []),
    ],
)
def test_words_are_completed(words: tuple[str, ...], proposals: list[str]) -> None:
    assert proposed(*words) == proposals


@pytest.mark.parametrize("command", ["server", "client"])
def test_a_command_for_one_role_proposes_only_what_it_can_play(command: str) -> None:
    mine = {case.id for case in ALL_CASES if Role(command) in case.roles}
    areas = proposed(command, "")

    everything = {word for area in areas for word in proposed(command, f"{area}/")}

    assert everything == mine
    assert {case_id.partition("/")[0] for case_id in mine} == set(areas)


def test_an_area_that_is_the_only_one_is_proposed_with_its_cases() -> None:
    assert proposed("list", "utf")[0] == "utf8"
    assert {word.partition("/")[0] for word in proposed("list", "utf")} == {"utf8"}


def test_every_requirement_is_proposed() -> None:
    assert proposed("list", "--req", "") == list(load_catalogue())


def test_commands_are_proposed_without_loading_what_they_need() -> None:
    code = (
        "import sys; from click.shell_completion import ShellComplete; from ws_conformance.command import root;"
        "completing = ShellComplete(root.wsspec, {}, 'wsspec', '_WSSPEC_COMPLETE');"
        "print(len(completing.get_completions([], '')) > 5, 'ws_conformance.cases' in sys.modules)"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.split() == ["True", "False"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_makes_it_ask_the_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = root.run(["completion", shell])

    script = capsys.readouterr().out
    assert code == ExitCode.OK
    assert f"_WSSPEC_COMPLETE={shell}_complete" in script
    assert "wsspec" in script


def test_a_shell_that_is_not_known_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(["completion", "tcsh"]) == ExitCode.USAGE
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in capsys.readouterr().err


def test_bash_completes_with_the_script() -> None:
    ask = (
        "source <(wsspec completion bash); COMP_WORDS=(wsspec explain 6455/5.2/reserved-bits); COMP_CWORD=2;"
        '_wsspec_completion wsspec; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    answer = subprocess.run(
        ["bash", "-c", ask], capture_output=True, text=True, check=True, env={**os.environ, "PATH": path}
    )

    assert answer.stdout.split() == ["6455/5.2/reserved-bits-are-zero"]
    assert not answer.stderr
