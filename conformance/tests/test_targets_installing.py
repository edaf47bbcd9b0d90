"""Installing a target: once, whole or not at all, and with what it printed if it fails. No registry is asked here."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from ws_conformance.targets.description import TargetDescription, parse_target_description
from ws_conformance.targets.installing import LOG, InstallError, home_of, install, installed

HEAD = 'language = "C"\nengine = "x"\nused = "nowhere"\ntier = 3\n[server]\ncommand = "{home}/it {port}"\n'


def described(build: str, adapters: Path) -> TargetDescription:
    return parse_target_description("it", f"{HEAD}[install]\nbuild = '{build}'\n", adapters, "it.toml")


def python(script: str) -> str:
    return f'{sys.executable} -c "{script}"'


def test_a_target_is_built_once_in_a_folder_of_its_own(tmp_path: Path) -> None:
    target = described(python("import random; print(open(str(random.random()), str(chr(120))).name)"), tmp_path)
    assert installed(target, tmp_path) is None

    first = asyncio.run(install(target, tmp_path))
    before = sorted(first.home.iterdir())
    again = asyncio.run(install(target, tmp_path))

    assert first == again == installed(target, tmp_path)
    assert first.home.is_relative_to(tmp_path)
    assert sorted(first.home.iterdir()) == before
    assert first.build is None


def test_a_failed_build_leaves_nothing_but_what_it_printed_made_harmless(tmp_path: Path) -> None:
    target = described(
        python("import sys; open(str(1), str(chr(120))); print(chr(27) + str(42)); sys.exit(3)"), tmp_path
    )

    with pytest.raises(InstallError) as raised:
        asyncio.run(install(target, tmp_path))

    assert "ended with status 3" in str(raised.value)
    assert "\\x1b42" in str(raised.value)
    assert "\x1b" not in str(raised.value)
    home = home_of(target, tmp_path)
    assert not home.exists()
    assert b"\x1b42" in (home.parent / LOG).read_bytes()
    assert installed(target, tmp_path) is None


def test_what_an_install_that_was_killed_left_is_taken_away(tmp_path: Path) -> None:
    target = described(python("import os; assert not os.listdir()"), tmp_path)
    home_of(target, tmp_path).mkdir(parents=True)
    (home_of(target, tmp_path) / "half").touch()

    asyncio.run(install(target, tmp_path))

    assert installed(target, tmp_path) is not None


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="no-such-compiler"):
        asyncio.run(install(described("no-such-compiler x", tmp_path), tmp_path))


def test_another_source_makes_another_home(tmp_path: Path) -> None:
    (tmp_path / "it.c").write_text("1")
    target = described("true {adapters}/it.c", tmp_path)
    before = home_of(target, tmp_path)

    (tmp_path / "it.c").write_text("2")

    assert home_of(target, tmp_path) != before


def test_two_runs_install_a_target_once(tmp_path: Path) -> None:
    target = described(python("open(str(1), str(chr(120)))"), tmp_path)  # which fails where the file is there

    async def both() -> None:
        one, other = await asyncio.gather(install(target, tmp_path), install(target, tmp_path))
        assert one == other

    asyncio.run(both())
