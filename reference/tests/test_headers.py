"""Header fields and the lists in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ws_reference.headers import Extension, Headers, parse_extensions, parse_subprotocols

TOKENS = st.text("abcXYZ019-._~!", min_size=1, max_size=5)
EXTENSIONS = st.builds(Extension, TOKENS, st.lists(st.tuples(TOKENS, st.none() | TOKENS), max_size=3).map(tuple))


def test_field_lines_keep_their_order_and_lose_their_case() -> None:
    headers = Headers.of([(b"A", b"1"), (b"B", b"\xff"), (b"a", b"2")])

    assert headers.fields == (("a", "1"), ("b", "\xff"), ("a", "2"))
    assert headers.lines("a") == ["1", "2"]
    assert headers.combined("a") == "1, 2"
    assert headers.combined("c") is None


def test_names_are_found_in_lists_in_any_case() -> None:
    headers = Headers((("connection", "keep-alive,\tUPGRADE ,"),))

    assert headers.names("connection", "Upgrade")
    assert not headers.names("connection", "keep")
    assert not headers.names("upgrade", "websocket")


@pytest.mark.parametrize(
    ("value", "extensions"),
    [
        ("foo", (Extension("foo"),)),
        ("foo, bar; baz=2", (Extension("foo"), Extension("bar", (("baz", "2"),)))),
        (" , foo ,, bar,", (Extension("foo"), Extension("bar"))),
        ("foo\t;\ta ;b = 1", (Extension("foo", (("a", None), ("b", "1"))),)),
        ('foo; a="b"', (Extension("foo", (("a", "b"),)),)),
        (r'foo; a="\b\c"', (Extension("foo", (("a", "bc"),)),)),
    ],
)
def test_extension_lists_are_read(value: str, extensions: tuple[Extension, ...]) -> None:
    assert parse_extensions(value) == extensions


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " ",
            ",",
            "foo bar",
            "foo;",
            "foo; ",
            "foo; a=",
            "foo; =a",
            "foo=1",
            ";a",
            "foo; a=b c",
            '"foo"',
            "foo/1",
        ),
        *('foo; a="', 'foo; a=""', 'foo; a="b c"', 'foo; a="b"c', 'foo; a="b\\"', "foo; a==b", "foo;;a", "fö"),
    ],
)
def test_what_breaks_the_grammar_of_extensions_is_not_read(value: str) -> None:
    assert parse_extensions(value) is None


@given(st.lists(EXTENSIONS, min_size=1, max_size=4))
def test_extensions_that_were_written_read_the_same(extensions: list[Extension]) -> None:
    assert parse_extensions(", ".join(map(str, extensions))) == tuple(extensions)


@given(st.text(' \t,;="\\ab', max_size=20))
def test_any_value_is_read_or_refused(value: str) -> None:
    assert parse_extensions(value) != ()


@pytest.mark.parametrize("filling", [" ", ",", ";a", ';a="b"', '"', "\\", "a "])
def test_long_extension_lists_take_no_longer_than_their_length(filling: str) -> None:
    parse_extensions("a" + filling * (100_000 // len(filling)) + "!(")


def test_subprotocols_are_different_tokens() -> None:
    assert parse_subprotocols(["chat", "Chat"]) == ("chat", "Chat")
    assert parse_subprotocols(["chat", "chat"]) is None
    assert parse_subprotocols(["a b"]) is None
    assert parse_subprotocols([]) is None
