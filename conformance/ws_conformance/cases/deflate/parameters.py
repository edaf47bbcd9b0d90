"""The parameters of permessage-deflate, right and wrong, and which answers fit an offer (RFC 7692 §7.1)."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import Field, RequirementId

SERVER_FORGETS = "server_no_context_takeover"
CLIENT_FORGETS = "client_no_context_takeover"
SERVER_WINDOW = "server_max_window_bits"
CLIENT_WINDOW = "client_max_window_bits"

ALL_FOUR = (SERVER_FORGETS, CLIENT_FORGETS, SERVER_WINDOW, CLIENT_WINDOW)
WINDOWS = range(8, 16)
NUMBER_8_TO_15 = f"=({'|'.join(map(str, WINDOWS))})"

COMPRESSED_HELLO = bytes.fromhex("f248cdc9c90700")
"""The word Hello as RFC 7692 §7.2.3.1 compresses it."""


def deflate(*parameters: str) -> str:
    """Return one element of Sec-WebSocket-Extensions.

    >>> deflate("server_max_window_bits=10")
    'permessage-deflate; server_max_window_bits=10'
    """
    return "; ".join(("permessage-deflate", *parameters))


def extensions(*lines: str) -> tuple[Field, ...]:
    """Return a header field for each of ``lines``."""
    return tuple(("Sec-WebSocket-Extensions", line) for line in lines)


def fitting(*, forgets: bool = False, server_window: int | None = None, client_window: int | None = None) -> str:
    """Return a regular expression for the answers to an offer, as ``Opens`` reads them.

    ``forgets`` tells whether server_no_context_takeover was asked for, and ``server_window`` the value of
    server_max_window_bits, None if that was not asked for; 15 may go unanswered (A95). ``client_window`` is the largest
    value that the answer may have for client_max_window_bits, None if the client did not offer it. Letter case is not
    looked at (A45).
    """
    permitted = [SERVER_FORGETS, CLIENT_FORGETS, f"{SERVER_WINDOW}={_up_to(server_window or 15)}"]
    required = [SERVER_FORGETS] if forgets else []
    if server_window is not None and server_window < max(WINDOWS):
        required.append(SERVER_WINDOW)
    if client_window is not None:
        permitted.append(f"{CLIENT_WINDOW}={_up_to(client_window)}")
    present = "".join(rf"(?=.*; {name}\b)" for name in required)
    return f"(?i:permessage-deflate{present}{once(*ALL_FOUR)}(; ({'|'.join(permitted)}))*)"


def has(name: str) -> str:
    """Return a regular expression for elements with the parameter ``name``."""
    return rf".*; {name}\b.*"


def lacks(name: str) -> str:
    """Return a regular expression for elements without the parameter ``name``."""
    return rf"(?!.*; {name}\b).*"


def if_present(name: str, value: str) -> str:
    """Return a regular expression for elements in which ``name``, wherever it comes, is followed by ``value``."""
    return rf"(?!.*; {name}(?!{value}(;|$))).*"


def once(*names: str) -> str:
    """Return what a regular expression begins with if none of these parameters may come twice."""
    return "".join(rf"(?!.*; {name}\b.*; {name}\b)" for name in names)


def _up_to(bits: int) -> str:
    return f"({'|'.join(str(window) for window in WINDOWS if window <= bits)})"


class Fault(NamedTuple):
    """Parameters that neither an offer nor an answer may have: the words for a case's id, and what is wrong with them.

    ``section`` and ``rule`` are parts of the requirements. What is ``misspelt`` is outside the grammar of RFC 7692 or
    of RFC 6455 §9.1; a server may refuse such a request altogether (A44).
    """

    words: str
    parameters: tuple[str, ...]
    section: str
    rule: str
    what: str
    misspelt: bool = False

    @property
    def of_an_offer(self) -> tuple[RequirementId, ...]:
        """What a server departs from that accepts an offer with this fault."""
        own = f"7692/{self.section}/offer-{self.rule}-is-declined"
        return (own,) if self.section == "7" else (own, "7692/7/offer-with-an-invalid-value-is-declined")

    @property
    def of_an_answer(self) -> tuple[RequirementId, ...]:
        """What a client departs from that opens on an answer with this fault."""
        own = f"7692/{self.section}/answer-{self.rule}-fails"
        return (own,) if self.section == "7" else (own, "7692/7/answer-with-an-invalid-value-fails")


class _Value(NamedTuple):
    words: str
    value: str
    rule: str
    what: str
    misspelt: bool = False


_UNKNOWN = (
    ("unknown", "foo", "one that nobody defined"),
    ("unknown-with-a-value", "foo=10", "one that nobody defined, with a value"),
    ("beginning-of-a-name", "server_max_window", "one whose name begins a known one"),
    ("end-of-a-name", "max_window_bits=10", "one whose name ends a known one"),
    ("longer-name", "server_no_context_takeovers", "one whose name begins with a known one"),
    ("hyphens", "client-no-context-takeover", "a known one with hyphens"),
    ("of-nobody", "_max_window_bits=10", "one that is neither the client's nor the server's"),
)

_REPEATED = (
    ("server-forgets-twice", (SERVER_FORGETS, SERVER_FORGETS)),
    ("client-forgets-twice", (CLIENT_FORGETS, CLIENT_FORGETS)),
    ("server-window-twice-the-same", (f"{SERVER_WINDOW}=10", f"{SERVER_WINDOW}=10")),
    ("server-window-twice", (f"{SERVER_WINDOW}=10", f"{SERVER_WINDOW}=12")),
    ("client-window-twice-the-same", (f"{CLIENT_WINDOW}=10", f"{CLIENT_WINDOW}=10")),
    ("client-window-twice", (f"{CLIENT_WINDOW}=12", f"{CLIENT_WINDOW}=10")),
    ("parameter-twice-with-another-between", (SERVER_FORGETS, CLIENT_FORGETS, SERVER_FORGETS)),
)

_FLAGS = (
    ("server-forgets", SERVER_FORGETS, "7.1.1.1"),
    ("client-forgets", CLIENT_FORGETS, "7.1.1.2"),
)
_FLAG_VALUES = (
    ("1", "1", False),
    ("true", "true", False),
    ("15", "15", False),
    ("quoted-0", '"0"', False),
    ("quoted-nothing", '""', True),
)

_WINDOWS = (
    ("server-window", SERVER_WINDOW, "7.1.2.1"),
    ("client-window", CLIENT_WINDOW, "7.1.2.2"),
)
_WINDOW_VALUES = (
    *(_Value(value, value, "below-8", "less than 8") for value in ("0", "1", "7")),
    *(_Value(value, value, "above-15", "more than 15") for value in ("16", "32", "255")),
    _Value("8-in-32-bits", "4294967304", "above-15", "8 in the lowest 32 bits, and more than 15 in all"),
    _Value("400-digits", "1" * 400, "above-15", "a number of 400 digits"),
    *(_Value(value, value, "with-a-leading-zero", "written with a leading zero") for value in ("08", "010", "0015")),
    _Value("quoted-09", '"09"', "with-a-leading-zero", "written with a leading zero, in quotes"),
    *(
        _Value(words, value, "that-is-no-number", "not made of digits alone", misspelt=True)
        for words, value in (
            ("minus-10", "-10"),
            ("plus-10", "+10"),
            ("decimal-point", "10.0"),
            ("exponent", "1e1"),
            ("hexadecimal", "0xa"),
            ("underscore", "1_0"),
            ("word", "ten"),
            ("space-behind-it", '"10 "'),
            ("quoted-nothing", '""'),
        )
    ),
)

FAULTS: tuple[Fault, ...] = (
    *(
        Fault(f"{words}-parameter", (parameter,), "7", "with-an-unknown-parameter", f"a parameter is {what}")
        for words, parameter, what in _UNKNOWN
    ),
    *(
        Fault(words, parameters, "7", "with-a-repeated-parameter", "a parameter comes more than once")
        for words, parameters in _REPEATED
    ),
    *(
        Fault(f"{words}-{which}", (f"{name}={value}",), section, "with-a-value", f"{name} has a value", misspelt)
        for words, name, section in _FLAGS
        for which, value, misspelt in _FLAG_VALUES
    ),
    Fault("server-window-bare", (SERVER_WINDOW,), "7.1.2.1", "without-a-value", f"{SERVER_WINDOW} has no value"),
    *(
        Fault(
            f"{words}-{value.words}",
            (f"{name}={value.value}",),
            section,
            value.rule,
            f"{name} is {value.what}",
            value.misspelt,
        )
        for words, name, section in _WINDOWS
        for value in _WINDOW_VALUES
    ),
)
"""What is wrong in offers and answers alike."""
