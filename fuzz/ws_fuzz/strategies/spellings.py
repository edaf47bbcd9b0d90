"""Spellings of tokens and lists: such as mean the same, and such as only look like it (RFC 9110 §5)."""

from __future__ import annotations

from hypothesis import strategies as st

white_space = st.sampled_from(("", " ", "  ", "\t", " \t ", "    "))
"""What may stand around a value, or be left out."""

KELVIN_SIGN, LONG_S = "\u212a".encode().decode("latin-1"), "\u017f".encode().decode("latin-1")
"""Two letters that Unicode folds to k and s, as UTF-8."""


def letter_cases(token: str) -> st.SearchStrategy[str]:
    """Return a strategy for ``token`` in other letters, which are the same token (§2.1)."""
    half = "".join(letter.upper() if place % 2 else letter.lower() for place, letter in enumerate(token))
    registered = "WebSocket" if token == "websocket" else token.swapcase()
    return st.sampled_from((token, token.lower(), token.upper(), token.capitalize(), half, half.swapcase(), registered))


def unlike(token: str, others: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Return a strategy for values that are not ``token``, although somebody may find it in them."""
    middle = len(token) // 2
    return st.sampled_from(
        (
            token + "s",
            token + "2",
            "x" + token,
            "no-" + token,
            token[:-1],
            token[1:],
            token[:middle] + "-" + token[middle:],
            token[:middle] + " " + token[middle:],
            token[:middle] + "\0" + token[middle:],
            token[:3] + "\0" + token[3:],
            token[:2] + "\0" + token[2:],
            f'"{token}"',
            token.replace("s", LONG_S) if "s" in token else token + LONG_S,
            token.replace("k", KELVIN_SIGN) if "k" in token else token + KELVIN_SIGN,
            f"({token})",
            *others,
        )
    )


@st.composite
def lists_with(draw: st.DrawFn, token: str, others: tuple[str, ...]) -> list[str]:
    """Draw lines that together are a list with ``token`` in it."""
    elements = [draw(letter_cases(token)), *draw(st.lists(st.sampled_from(others), min_size=1, max_size=3))]
    elements = list(draw(st.permutations(elements)))
    comma = draw(st.sampled_from((", ", ",", "  ,   ", "\t,\t", ", ,", " ,, ")))
    if draw(st.integers(0, 2)) == 2:
        place = draw(st.integers(1, len(elements) - 1))
        return [comma.join(elements[:place]), comma.join(elements[place:])]
    joined = comma.join(elements)
    return [draw(st.sampled_from((joined, joined, f", {joined}", f"{joined},")))]


NEARLY = (
    *("X-Wsspec", ": anything", "X Wsspec: anything", "X-Wsspec(1): anything", "X-Wssp\xe9c: anything"),
    *("X-Wssp\x01ec: anything", "X-Wsspec\x00: anything", "<wsspec>: anything"),
)
"""Lines that are no field lines."""

odd_values = st.one_of(
    st.sampled_from(NEARLY),
    st.sampled_from(
        (
            *(
                "X-Wsspec: any\0thing",
                "X-Wsspec: a\0Connection: close",
                "X-Wsspec: any\rthing",
                "X-Wsspec: any\x01thing",
            ),
            *("X-Wsspec: any\x0bthing", "X-Wsspec: any\x0cthing", "X-Wsspec: any\x1bthing", "X-Wsspec: any\x7fthing"),
            *(
                "X-Wsspec: \xc3\x28\xff",
                "X-Wsspec: na\xc3\xafve",
                "X-Wsspec: a\xe2",
                "X-Wsspec: a\r\n folded\r\n\tvalue",
            ),
        )
    ),
)
"""Lines that are no field lines, or whose values have characters that do not belong into one."""
