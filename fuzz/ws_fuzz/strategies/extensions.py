"""Values of Sec-WebSocket-Extensions: lists in and outside the grammar, offers and answers of permessage-deflate."""

from __future__ import annotations

from hypothesis import strategies as st

DEFLATE = "permessage-deflate"
BITS = ("server_max_window_bits", "client_max_window_bits")
TAKEOVER = ("server_no_context_takeover", "client_no_context_takeover")

NUMBERS = (*map(str, range(8, 16)), '"10"', '"15"', '"1\\0"')
WRONG_NUMBERS = (
    *(
        "0",
        "1",
        "7",
        "16",
        "17",
        "31",
        "32",
        "99",
        "100",
        "255",
        "256",
        "4294967304",
        "9" * 30,
        "08",
        "09",
        "010",
        "0015",
    ),
    *("-8", "+8", "8.0", "1e1", "0xa", "ten", '"8 "', "a", '""', '"-9"', "true", "10bits"),
)
OTHER_NAMES = (
    *("unknown", "max_window_bits", "no_context_takeover", "server_max_window_bit", "server_max_window_bits2"),
    *("server-max-window-bits", "client-no-context-takeover", "c2s_max_window_bits", "mem_level", "server_no_context"),
    *("SERVER_MAX_WINDOW_BITS", "Client_No_Context_Takeover", "client_no_context_takeover_", "x_wsspec"),
)

LISTS = (
    *("{x}", "{x}-a, {x}-b, {x}-c", "{x}; a=1, {x}; a=2", "{x}; on", "{x}; a=1; b=two; on; c=3", '{x}; a="token"'),
    *('{x}; a="to\\ken"', "{x};a=1;b,{x}2", "{x}  ;  a=1 , {x}2", "{x}\t;\ta=1\t,\t{x}2", "{x}; a = 1", "{x}; a =1"),
    *(
        ", {x} ,, {x}2 ,",
        "permessage",
        "permessage-deflate2",
        "x-webkit-deflate-frame",
        "constructor",
        "__proto__; a=1",
    ),
    *("!#$%&'*+-.^_`|~09AZaz", "1{x}", ", ".join(f"{{x}}-{n}" for n in range(20)), '{x}; a="permessage-deflate"'),
)
MALFORMED = (
    *(";", "{x};", "; {x}", "{x};; a=1", "{x}; =1", "{x}; a=", "{x}; a==1", "{x}; a=1=2", "{x}=1", "{x} a", "{x}; a b"),
    *("{x}; a=1 2", "x/wsspec", "{x}: 1", "({x})", '"{x}"', "{x}\xe9", '{x}; a="1', '{x}; a="1"2', '{x}; a="1\\"'),
    *(
        "{x}, {x} y",
        "permessage-deflate x",
        '{x}; a="1 2"',
        '{x}; a=""',
        '{x}; a="1, permessage-deflate"',
        "=",
        "{x}@y",
    ),
    *("permessage-deflate;", "permessage-deflate;;", "permessage-deflate; =8", "permessage-deflate, x wsspec"),
)
EMPTY = ("", ",", " , ,, ")


@st.composite
def parameters(draw: st.DrawFn) -> str:
    """Draw a parameter of permessage-deflate, as it should be or not."""
    name = draw(st.sampled_from((*BITS, *TAKEOVER)))
    kind = draw(st.sampled_from((3, 2, 1, 1, 1, 0)))
    if kind == 0:
        return f"{draw(st.sampled_from(OTHER_NAMES))}{draw(st.sampled_from(('', '=1', '=10')))}"
    if name in TAKEOVER:
        return f"{name}{draw(st.sampled_from(('=true', '=1', '=0', '=15'))) if kind == 1 else ''}"
    if kind == 1:
        return f"{name}={draw(st.sampled_from(WRONG_NUMBERS))}"
    if kind == 2:
        return name
    return f"{name}={draw(st.sampled_from(NUMBERS))}"


@st.composite
def deflate_elements(draw: st.DrawFn) -> str:
    """Draw an element about permessage-deflate."""
    semicolon = draw(st.sampled_from(("; ", "; ", "; ", ";", " ; ", "\t;\t")))
    count = draw(st.sampled_from((0, 1, 1, 1, 2, 3)))
    chosen = draw(st.lists(parameters(), min_size=count, max_size=count))
    if draw(st.integers(0, 5)) == 5 and chosen:
        chosen.append(draw(st.sampled_from(chosen)))
    return semicolon.join((draw(st.sampled_from((DEFLATE,) * 12 + ("Permessage-Deflate",))), *chosen))


@st.composite
def extension_values(draw: st.DrawFn, unknown: str) -> list[str]:
    """Draw the values of one line, or of two; ``unknown`` is the name of an extension that nobody knows."""
    kind = draw(st.integers(0, 7))
    if kind == 0:
        return [draw(st.sampled_from(LISTS)).replace("{x}", unknown)]
    if kind == 1:
        return [draw(st.sampled_from(MALFORMED)).replace("{x}", unknown)]
    if kind == 2:
        return draw(st.sampled_from(([EMPTY[0]], [EMPTY[1]], [EMPTY[2]], ["", unknown], [unknown, f"{unknown}-2"])))
    elements = draw(st.lists(deflate_elements(), min_size=1, max_size=3))
    if kind == 3:
        elements.insert(draw(st.integers(0, len(elements))), f"{unknown}; a=1")
    if kind == 4:
        return elements
    return [", ".join(elements if kind == 5 else elements[:1])]
