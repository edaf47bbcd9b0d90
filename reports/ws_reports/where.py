"""Questions to a table of implementations, as in ``failing == 1 and area == close``: a small language of its own.

An expression compares facts of a row (see ``FACTS``) with numbers or words, by ``==``, ``!=``, ``<``, ``<=``, ``>`` and
``>=``; ``and``, ``or``, ``not`` and brackets join such comparisons. A fact may be compared with another one. In a word,
``*`` stands for any text. Nothing is evaluated that is not in this list.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ws_reports.escape import cut, harmless

Facts = Mapping[str, int | str]
Condition = Callable[[Facts], bool]

FACTS: Mapping[str, str] = {
    "failing": "how many targets fail",
    "passing": "how many pass",
    "lenient": "how many depart from a SHOULD only",
    "inconclusive": "how many came to no verdict",
    "unsupported": "how many do not offer what the case needs",
    "targets": "how many there are in all",
    "area": "the area of the case",
    "id": "its id",
}
"""What can be asked for, and what it is."""

LENGTH = 500
"""How many characters an expression may have."""

_WORDS = ("area", "id")
_TOKEN = re.compile(r"\s*(?:(==|!=|<=|>=|<|>|\(|\))|\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_*/.-]+))")
_SHOWN_LENGTH = 60


class WhereError(Exception):
    """An expression that means nothing: what is wrong, and what to write."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")
        self.problem = problem
        self.remedy = remedy


def parse_where(text: str) -> Condition:
    """Return the condition that ``text`` is. Raises WhereError.

    >>> parse_where("failing==1 and not area==close")({"failing": 1, "area": "framing"})
    True
    """
    if len(text) > LENGTH:
        raise WhereError(f"the expression is longer than {LENGTH} characters", "ask for less")
    return _Parser(text).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a number or a sign; ``quoted`` ones are never anything but words."""

    text: str
    quoted: bool = False


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        token = _TOKEN.match(text, at)
        if token is None:
            raise WhereError(f"'{_shown(text[at:].strip())}' cannot be read", _remedy())
        sign, double, single, word = token.groups()
        quoted = double if double is not None else single
        found.append(_Token(quoted, quoted=True) if quoted is not None else _Token(sign or word))
        at = token.end()
    return found


class _Parser:
    """Descends through: alternatives of conjunctions of comparisons."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def whole(self) -> Condition:
        condition = self._any()
        if self._at < len(self._tokens):
            raise WhereError(f"'{_shown(self._tokens[self._at].text)}' was not expected there", _remedy())
        return condition

    def _any(self) -> Condition:
        condition = self._all()
        while self._takes("or"):
            condition = _either(condition, self._all())
        return condition

    def _all(self) -> Condition:
        condition = self._one()
        while self._takes("and"):
            condition = _both(condition, self._one())
        return condition

    def _one(self) -> Condition:
        negations = 0
        while self._takes("not"):
            negations += 1
        if self._takes("("):
            condition = self._any()
            if not self._takes(")"):
                raise WhereError("a bracket is not closed", "add )")
        else:
            condition = self._comparison()
        return _negated(condition) if negations % 2 else condition

    def _comparison(self) -> Condition:
        fact = self._next("a fact")
        if fact.quoted or fact.text not in FACTS:
            raise WhereError(f"there is no '{_shown(fact.text)}'", f"it may be {', '.join(FACTS)}")
        sign = self._next("a comparison").text
        if sign not in _SIGNS:
            raise WhereError(f"'{_shown(sign)}' is no comparison", f"it may be {', '.join(_SIGNS)}")
        value = self._next("a value")
        if fact.text in _WORDS:
            return _about_words(fact.text, sign, value)
        return _about_numbers(fact.text, sign, value)

    def _next(self, what: str) -> _Token:
        if self._at == len(self._tokens):
            raise WhereError(f"{what} is missing at the end", _remedy())
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, text: str) -> bool:
        does = self._at < len(self._tokens) and self._tokens[self._at] == _Token(text)
        self._at += does
        return does


def _about_words(fact: str, sign: str, value: _Token) -> Condition:
    if sign not in ("==", "!="):
        raise WhereError(f"{fact} is a word, and {sign} compares numbers", "write == or !=")
    return lambda facts: fnmatchcase(str(facts[fact]), value.text) is (sign == "==")


def _about_numbers(fact: str, sign: str, value: _Token) -> Condition:
    compare = _SIGNS[sign]
    if value.text in FACTS and value.text not in _WORDS and not value.quoted:
        return lambda facts: compare(int(facts[fact]), int(facts[value.text]))
    if not (value.text.isascii() and value.text.isdigit() and len(value.text) < _DIGITS):
        raise WhereError(f"{fact} is a number, and '{_shown(value.text)}' is none", f"write for example {fact}{sign}1")
    number = int(value.text)
    return lambda facts: compare(int(facts[fact]), number)


_DIGITS = 10
_SIGNS: Mapping[str, Callable[[int, int], bool]] = {
    "==": int.__eq__,
    "!=": int.__ne__,
    "<=": int.__le__,
    ">=": int.__ge__,
    "<": int.__lt__,
    ">": int.__gt__,
}


def _either(one: Condition, other: Condition) -> Condition:
    return lambda facts: one(facts) or other(facts)


def _both(one: Condition, other: Condition) -> Condition:
    return lambda facts: one(facts) and other(facts)


def _negated(condition: Condition) -> Condition:
    return lambda facts: not condition(facts)


def _remedy() -> str:
    return f"write for example failing==1 and area==closing; facts are {', '.join(FACTS)}"


def _shown(text: str) -> str:
    return harmless(cut(text, _SHOWN_LENGTH))
