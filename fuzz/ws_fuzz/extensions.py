"""What the oracle thinks of lists of extensions: their grammar (RFC 6455 §9.1), and offers and answers of RFC 7692."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ws_conformance.model import RequirementId

FIELD = "Sec-WebSocket-Extensions"
DEFLATE = "permessage-deflate"
BITS = ("server_max_window_bits", "client_max_window_bits")
TAKEOVER = ("server_no_context_takeover", "client_no_context_takeover")

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*({_TOKEN})(?:([ \t]*)=([ \t]*)({_TOKEN}|{_QUOTED}))?")


@dataclass(frozen=True, slots=True)
class NamedExtension:
    """One element of a list: a name with parameters in order, None for one without a value."""

    name: str
    parameters: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class ExtensionList:
    """A list that keeps to the grammar, and what is unusual about it."""

    extensions: tuple[NamedExtension, ...]
    has_empty_elements: bool = False
    has_space_around_equals: bool = False


def read_extensions(value: str) -> ExtensionList | None:
    """Return what ``value`` lists, or None if it is outside the grammar; several lines are joined by commas first."""
    extensions: list[NamedExtension] = []
    has_empty, has_space, position = False, False, 0
    while True:
        gap = re.compile(r"[ \t]*").match(value, position)
        assert gap is not None
        position = gap.end()
        name = re.compile(_TOKEN).match(value, position)
        if name is None:
            has_empty = True
        else:
            position = name.end()
            parameters: list[tuple[str, str | None]] = []
            while (found := _PARAMETER.match(value, position)) is not None:
                position = found.end()
                has_space = has_space or bool(found[2] or found[3])
                argument = _unquoted(found[4]) if found[4] else None
                if argument is not None and not re.fullmatch(_TOKEN, argument):
                    return None
                parameters.append((found[1], argument))
            extensions.append(NamedExtension(name[0], tuple(parameters)))
            gap = re.compile(r"[ \t]*").match(value, position)
            assert gap is not None
            position = gap.end()
        if position == len(value):
            return ExtensionList(tuple(extensions), has_empty, has_space)
        if value[position] != ",":
            return None
        position += 1


def _unquoted(argument: str) -> str:
    return re.sub(r"\\(.)", r"\1", argument[1:-1]) if argument.startswith('"') else argument


def has_other_letters(element: NamedExtension) -> bool:
    """Return whether ``element`` is about permessage-deflate for those only who ignore the case of letters."""
    if element.name.lower() != DEFLATE:
        return False
    names = (DEFLATE, *BITS, *TAKEOVER)
    spelled = (element.name, *(name for name, _ in element.parameters))
    return any(name not in names and name.lower() in names for name in spelled)


def what_is_wrong_with_an_offer(offer: NamedExtension) -> RequirementId | None:
    """Return what has a server decline ``offer`` of permessage-deflate, or None if it may accept it (RFC 7692 §7.1)."""
    return _what_is_wrong(offer, "offer", "is-declined")


def what_is_wrong_with_an_answer(answer: NamedExtension) -> RequirementId | None:
    """Return what has a client fail on ``answer`` about permessage-deflate, whatever it offered (RFC 7692 §7.1)."""
    return _what_is_wrong(answer, "answer", "fails")


def answers_that_fit(offers: Iterable[NamedExtension]) -> str:
    """Return a regular expression for what a server may agree to that was made ``offers``, all in order; or nothing."""
    return "|".join(dict.fromkeys(("", *map(_answers_to, offers))))


def _answers_to(offer: NamedExtension) -> str:
    """RFC 7692 §7.1: what is asked of the server is granted; a client's window has a limit only if it offered that."""
    asked = dict(offer.parameters)
    granted = "".join(rf"(?=.*; {name}\b)" for name in (TAKEOVER[0], BITS[0]) if name in asked)
    only_once = "".join(rf"(?!(?:.*; {name}\b){{2}})" for name in (*TAKEOVER, *BITS))
    windows = [f"{name}=(?:{_bits(8, asked.get(name))})" for name in BITS if name == BITS[0] or name in asked]
    return rf"{granted}{only_once}{DEFLATE}(?:; (?:{'|'.join((*TAKEOVER, *windows))}))*"


def offers_that_fit(answer: NamedExtension) -> str:
    """Return a regular expression for offers of a client that has to be content with ``answer`` (RFC 7692 §7.1)."""
    given = dict(answer.parameters)
    unfit = [] if TAKEOVER[0] in given else [TAKEOVER[0]]
    window = given.get(BITS[0])
    unfit.append(BITS[0] if window is None else rf"{BITS[0]}=(?:{_bits(8, window, but_one=True)})")
    wanted = "".join(rf"(?!.*; (?:{faulty})(?:;|=|$))" for faulty in unfit)
    if BITS[1] in given:
        wanted += rf"(?=.*; {BITS[1]}(?:=(?:{_bits(int(given[BITS[1]] or 8), None)}))?(?:;|$))"
    return rf"{wanted}{DEFLATE}(?:; .*)?"


def _bits(least: int, most: str | None, *, but_one: bool = False) -> str:
    """Return the numbers from ``least`` to ``most``, or to 15, or all of them but the last, as alternatives.

    ``most`` is a number of bits that is as it should be.
    """
    return "|".join(map(str, range(least, int(most or 15) + (not but_one))))


def _what_is_wrong(element: NamedExtension, kind: str, end: str) -> RequirementId | None:
    names = [name for name, _ in element.parameters]
    if any(name not in (*BITS, *TAKEOVER) for name in names):
        return f"7692/7/{kind}-with-an-unknown-parameter-{end}"
    if len(set(names)) < len(names):
        return f"7692/7/{kind}-with-a-repeated-parameter-{end}"
    values: Mapping[str, str | None] = dict(element.parameters)
    for name, section in (("server_no_context_takeover", "7.1.1.1"), ("client_no_context_takeover", "7.1.1.2")):
        if values.get(name) is not None:
            return f"7692/{section}/{kind}-with-a-value-{end}"
    for name, section in (("server_max_window_bits", "7.1.2.1"), ("client_max_window_bits", "7.1.2.2")):
        if name not in values:
            continue
        value = values[name]
        if value is None:
            if kind == "answer" or name == "server_max_window_bits":
                return f"7692/{section}/{kind}-without-a-value-{end}"
            continue
        fault = _fault_of_bits(value)
        if fault is not None:
            return f"7692/{section}/{kind}-{fault}-{end}"
    return None


def _fault_of_bits(value: str) -> str | None:
    """Return what is wrong with a number of bits, which is written in decimal and from 8 to 15."""
    if re.fullmatch("[0-9]+", value) is None:
        return "that-is-no-number"
    if len(value) > 1 and value.startswith("0"):
        return "with-a-leading-zero"
    if len(value) > 2 or int(value) > 15:
        return "above-15"
    return "below-8" if int(value) < 8 else None
