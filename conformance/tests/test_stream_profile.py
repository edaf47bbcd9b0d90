"""A profile is read whole, or the place of what is wrong in it is told, with a remedy."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from ws_conformance.streams import profile as profiles
from ws_conformance.streams.pointers import MISSING, finder
from ws_conformance.streams.profile import BUILT_IN, Filling, filled, find_profile, parse_profile, schema_document
from ws_conformance.streams.reading import NotJson, Reader, Reading, Unknown, captured
from ws_conformance.usage import UsageError

SCHEMA = Path(profiles.__file__).with_name("profile.schema.json")
PLAIN = """
name = "plain"
[[subscription]]
name = "all"
send = '{"id": {id}}'
[[kind]]
name = "price"
when = { "/type" = "price" }
"""


@pytest.mark.parametrize("name", BUILT_IN)
def test_profiles_in_the_box_are_read_and_fit_their_schema(name: str) -> None:
    text = Path(profiles.__file__).with_name("profiles").joinpath(f"{name}.toml").read_text("utf-8")

    jsonschema.validate(tomllib.loads(text), json.loads(SCHEMA.read_bytes()))
    assert find_profile(name).name == name


def test_the_schema_is_published_as_the_types_have_it() -> None:
    assert SCHEMA.read_bytes() == schema_document()


@pytest.mark.parametrize(
    ("change", "problem", "remedy"),
    [
        (('name = "price"', "name = \"price\"\nsequense = '/n'"), "line 8: key 'kind 1, sequense' is not known", "seq"),
        (('{ "/type" = "price" }', "{}"), "kind 'price' fits any message", "say when"),
        (("{id}", "{market}"), "line 5: {market} is not known here", "it may be id"),
        (("[[kind]]", '[bounds]\nheartbeat = "1s"\n[[kind]]'), "line 7: no kind of message is a heartbeat", "role"),
        (("[[kind]]", '[bounds]\nsilence = "soon"\n[[kind]]'), "line 7: bounds.silence is 'soon'", '"250ms"'),
        (("[[kind]]", '[[kind]]\nrole = "delta"'), "line 7: a delta has no 'bids'", "add bids"),
        (("[[kind]]", '[[kind]]\nprevious = "/p"'), "line 7: previous without sequence", "number"),
        (("[[kind]]", '[[kind]]\nsequence = "n"'), "line 7: kind 1, sequence is 'n'", "/params/result"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_a_remedy(change: tuple[str, str], problem: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_profile(PLAIN.replace(*change), "plain.toml")

    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


def test_a_profile_that_is_not_there_is_told_from_one_that_is_misspelt() -> None:
    with pytest.raises(UsageError, match="did you mean  exchange"):
        find_profile("exchang")
    with pytest.raises(UsageError, match="No such file"):
        find_profile("no/such.toml")


def test_templates_take_values_and_secrets_from_the_environment() -> None:
    filling = Filling({"key": "${TOKEN}", "market": "A-B"}, {"TOKEN": "s3cr3t"})

    assert filled('{"m": "{market}", "k": "{key}", "x": {}}', filling.ready()) == '{"m": "A-B", "k": "s3cr3t", "x": {}}'
    assert filling.secrets == ["s3cr3t"]
    with pytest.raises(UsageError, match="export NONE"):
        Filling({"key": "${NONE}"}, {}).ready()


def test_pointers_find_what_is_there_and_nothing_else() -> None:
    document = {"a/b": [10, {"~": 1}], "": 2}

    assert finder("/a~1b/1/~0")(document) == 1
    assert finder("/")(document) == 2
    assert finder("")(document) is document
    for nowhere in ("/a~1b/01", "/a~1b/-", "/a~1b/7", "/a~1b/0/x", "/none", "/a~1b/99999999999999999999"):
        assert finder(nowhere)(document) is MISSING


def test_hostile_messages_are_faults_and_raise_nothing() -> None:
    reader = Reader(find_profile("exchange"))
    hostile = [
        b"",
        b"\xff",
        b"[" * 100_000,
        b'{"type": ["delta"]}',
        b'{"type": {"a": 1}}',
        b'{"type": null}',
        b'{"type": "trade"}',
        b'{"type": "trade", "market": "M", "sequence": "9e9", "time": 1}',
        b'{"type": "trade", "market": "M", "sequence": 1, "time": 1e308}',
        b'{"type": "trade", "market": "M", "sequence": 1, "time": ' + b"9" * 4000 + b"}",
        b'{"type": "trade", "market": "M", "sequence": ' + b"9" * 4000 + b', "time": 1}',
        b'{"type": "trade", "market": ' + b"9" * 4000 + b', "sequence": 1, "time": 1}',
        b'{"type": "trade", "market": {}, "sequence": 1, "time": 1}',
        b'{"type": "delta", "market": "M", "sequence": 1, "time": 1, "bids": 7, "asks": []}',
        b'{"type": "delta", "market": "M", "sequence": 1, "time": 1, "bids": [["nan", 1]], "asks": []}',
        b'{"type": "delta", "market": "M", "sequence": 1, "time": 1, "bids": [[1]], "asks": [{}]}',
    ]

    found = [reader.read(payload) for payload in hostile]

    assert all(isinstance(each, NotJson | Unknown) for each in found)
    assert all("\x1b" not in each.detail and len(each.detail) < 400 for each in found if not isinstance(each, Reading))


def test_what_a_reply_gives_to_templates_cannot_leave_its_quotation_marks() -> None:
    assert captured({"subscription": "/result"}, {"result": '", "method": "evil'}) == {
        "subscription": '\\", \\"method\\": \\"evil'
    }


@pytest.mark.parametrize(
    ("fields", "kind", "time"),
    [(b'"timestamp": "0x64"', "coarse-head", 100.0), (b'"milliTimestamp": "0x186ba"', "head", 100.026)],
)
def test_a_kind_is_read_as_the_profile_says(fields: bytes, kind: str, time: float) -> None:
    reader = Reader(find_profile("node"))
    head = b"""{"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": "0x1", "result":
        {"hash": "0xb", "parentHash": "0xa", "number": "0x10", %s}}}"""

    reading = reader.read(head % fields)

    assert isinstance(reading, Reading)
    read = (reading.kind.name, reading.hash, reading.parent, reading.number, reading.time)
    assert read == (kind, "0xb", "0xa", 16, time)
