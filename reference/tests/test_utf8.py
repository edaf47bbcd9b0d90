"""UTF-8 that arrives in pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ws_reference.utf8 import Utf8Validator


@pytest.mark.parametrize(
    "ill_formed",
    [
        "c080",
        "c1bf",
        "e08080",
        "e09fbf",
        "f0808080",
        "f08fbfbf",
        "eda080",
        "edbfbf",
        "f4908080",
        "f5808080",
        "80",
        "ff",
    ],
)
def test_ill_formed_text_is_refused_before_it_ends(ill_formed: str) -> None:
    data = bytes.fromhex(ill_formed)

    assert Utf8Validator().objection(data) is not None


@given(st.text())
def test_text_is_accepted_byte_by_byte(text: str) -> None:
    validator = Utf8Validator()

    assert [validator.objection(bytes((byte,))) for byte in text.encode()] == [None] * len(text.encode())
    assert validator.objection(b"", final=True) is None


@given(st.binary(), st.integers(0, 20))
def test_the_objection_does_not_depend_on_the_cut(data: bytes, cut: int) -> None:
    whole = Utf8Validator().objection(data, final=True)

    validator = Utf8Validator()
    in_two = validator.objection(data[:cut]) or validator.objection(data[cut:], final=True)

    assert in_two == whole


def test_the_objection_names_the_first_byte_of_what_is_wrong() -> None:
    validator = Utf8Validator()

    assert validator.objection("wörd".encode()) is None
    assert validator.objection(b"s\xff") == "text is not UTF-8 from byte 6 on (0xff): invalid start byte"
