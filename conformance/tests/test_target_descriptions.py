"""How targets are described: what can be said of one, and that whatever cannot be meant is said to be so."""

from __future__ import annotations

from pathlib import Path

import pytest
from ws_conformance.targets.description import FOLDER, all_targets, find_target, parse_target_description, target_names
from ws_conformance.usage import UsageError

HEAD = 'language = "C"\nengine = "x"\nused = "nowhere"\ntier = 3\n'
SERVER = '[server]\ncommand = "serve {port}"\n'


def parse(text: str, tmp_path: Path, name: str = "x") -> object:
    return parse_target_description(name, text, tmp_path, f"{name}.toml")


def test_a_description_says_what_a_target_is_in_each_of_its_roles(tmp_path: Path) -> None:
    (tmp_path / "y.toml").write_text(
        HEAD
        + '[install]\npip = ["a==1"]\n[server]\ncommand = "{python} {port}"\npath = "/e"\nready_seconds = 5\n'
        + '[client]\ncommand = "{venv}/bin/c {url}"\nlives_on = true\n[client.known]\n"a/*" = "§1: so"\n'
        + '[known]\n"b/**" = "§2: so"\n'
    )

    target = find_target("y", tmp_path)

    assert target.roles == ("server", "client")
    assert target.adapters == tmp_path / "adapters"
    assert target.known("client") == {"a/*": "§1: so", "b/**": "§2: so"}
    assert target.known("server") == {"b/**": "§2: so"}
    assert target_names(tmp_path) == ["y"]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (HEAD.replace('"x"', "1") + SERVER, "x.toml, line 2", "engine"),
        (HEAD.replace('language = "C"\n', "") + SERVER, "x.toml", "the document has no 'language'"),
        (HEAD.replace("3", "4") + SERVER, "x.toml, line 4", "tier is '4'"),
        (HEAD + "color = 1\n" + SERVER, "x.toml, line 5", "'color' is not known"),
        (HEAD + SERVER + "port = 1\n", "x.toml, line 7", "'server.port' is not known"),
        (HEAD, "x.toml", "it has no role"),
        (HEAD.replace("nowhere", " ") + SERVER, "x.toml, line 3", "used is empty"),
        (HEAD + '[server]\ncommand = "serve"', "x.toml, line 6", "does not say where the port goes"),
        (HEAD + '[client]\ncommand = "come"', "x.toml, line 6", "does not say where the url goes"),
        (HEAD + '[proxy]\ncommand = "p {port}"', "x.toml, line 6", "does not say where the upstream goes"),
        (HEAD + '[server]\ncommand = "serve {prot} {port}"', "x.toml, line 6", "{prot} is not known here"),
        (HEAD + '[server]\ncommand = "{python} {port}"', "x.toml, line 6", "stands for what pip installs"),
        (HEAD + '[server]\ncommand = "serve \'{port}"', "x.toml, line 6", "is no command"),
        (HEAD + '[server]\ncommand = "{port}"\npath = "e"', "x.toml, line 7", "server.path is 'e'"),
        (HEAD + '[install]\npip = ["-r x"]\n' + SERVER, "x.toml, line 6", "'-r x' is no package of pip"),
        (HEAD + '[install]\nmaven = ["a:b"]\n' + SERVER, "x.toml, line 6", "'a:b' is no package of maven"),
        (HEAD + '[install]\nnpm = ["ws@8"]\nversion = "w"\n' + SERVER, "x.toml, line 7", "which is not installed"),
        (HEAD + '[install]\ncargo = ["a@1"]\n' + SERVER, "x.toml, line 5", "nothing is built"),
        (HEAD + '[install]\nbuild = "cc {adapters}/x.c"\n' + SERVER, "x.toml, line 6", "there is no x.c below"),
        (HEAD + SERVER + '[known]\n"a/b**" = "so"', "x.toml, line 8", "'a/b**' names no case"),
        (HEAD + SERVER + '[server.known]\n"a/b" = " "', "x.toml, line 8", "the reason for 'a/b' is empty"),
        (
            HEAD + '[proxy]\ncommand = "p {configuration}"\nconfiguration = "p.conf"',
            "x.toml, line 7",
            "No such file or directory",
        ),
        ("=", "x.toml is no TOML", ""),
    ],
)
def test_what_cannot_be_meant_is_an_error_that_names_the_place_and_the_remedy(
    text: str, place: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as raised:
        parse(text, tmp_path)

    assert raised.value.problem.startswith(place)
    assert words in raised.value.problem
    assert raised.value.remedy


def test_a_name_becomes_part_of_paths_and_is_plain(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no name for a target"):
        parse(HEAD + SERVER, tmp_path, "X y")


def test_an_unknown_target_is_an_error_that_proposes_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "tornado.toml").write_text(HEAD + SERVER)

    with pytest.raises(UsageError) as raised:
        find_target("tornardo", tmp_path)

    assert "tornado" in raised.value.remedy


def test_the_descriptions_of_the_suite_can_be_read() -> None:
    assert [target.name for target in all_targets()] == target_names(FOLDER)
