"""From a dialogue to a script in some language: its template, with the data filled in."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from importlib.resources import files
from typing import cast

from ws_reports.escape import line

from ..peer import Role
from .dialogue import Dialogue, Fields, NoScriptError

BASH_BYTES = 4_096
"""How many bytes a script in bash says or compares with at once: it reads byte by byte."""


class Language(Enum):
    """What a script is written in."""

    PYTHON = "python"
    NODE = "node"
    BASH = "bash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How a script checks the server's certificate: against ``ca``, a file, or what the system trusts."""

    server_name: str
    ca: str | None = None
    insecure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a server listens, or where the script listens for a client; ``tls`` None for plain TCP."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: Tls | None = None


def script(dialogue: Dialogue, language: Language, where: Where, *, title: str) -> str:
    """Return a script that plays ``dialogue``; ``title`` says in a line where that comes from. Raises NoScriptError."""
    tls: Fields | None = None if where.tls is None else asdict(where.tls)
    fields: Fields = {**dialogue.fields(), "host": where.host, "port": where.port, "tls": tls}
    data = json.dumps(fields)
    if language is Language.BASH:
        _check_bash(dialogue, where)
        data = "\n".join(_bash(fields))
    if language is Language.PYTHON:
        data = repr(data)
    template = files(__package__).joinpath("templates", f"{language.value}.txt").read_text("utf-8")
    # The title comes last: whatever it holds, nothing is filled into it.
    return template.replace("@DATA@", data, 1).replace("@TITLE@", line(title), 1)


# --- bash, which holds no JSON: the data become calls -----------------------------------------------------------------


def _check_bash(dialogue: Dialogue, where: Where) -> None:
    """Raise NoScriptError for what bash cannot do."""
    if dialogue.role is Role.CLIENT:
        raise NoScriptError("bash cannot listen for a client; write the script in python or node")
    if where.tls is not None:
        raise NoScriptError("bash speaks no TLS; write the script in python or node")
    for step in dialogue.steps:
        if step["do"] == "end" and step["how"] != "end":
            raise NoScriptError("bash can neither reset TCP nor end half of it; write the script in python or node")
        if len(json.dumps(step)) > 2 * BASH_BYTES:
            raise NoScriptError("bash is too slow for messages of this size; write the script in python or node")


def _bash(fields: Fields) -> Iterator[str]:
    """Yield the data of a dialogue as lines of bash."""
    accepts = cast("Sequence[str]", fields["accepts"])
    yield _assigned("ACCEPTS", "".join(f" {accept}" for accept in accepts) + " " * bool(accepts))
    yield _assigned("ELSEWHERE", " ".join(cast("Sequence[str]", fields["elsewhere"])))
    yield _assigned("PUSHES", _flag(fields["pushes"]))
    yield _assigned("PATIENCE", _microseconds(fields["patience"]))
    yield _call("printf", "%s, for a server\n%s\n\n", fields["case"], fields["because"])
    yield _assigned("target", f"{fields['host']}:{fields['port']}")
    yield "target=${1:-$target}"
    yield "host=${target%:*}"
    yield "host=${host#[}"
    yield 'connect "${host%]}" "${target##*:}"'
    for step in cast("Sequence[Fields]", fields["steps"]):
        yield from _bash_step(step)


def _bash_step(step: Fields) -> Iterator[str]:
    match step["do"]:
        case "send":
            pieces = [parts[0] for parts in cast("Sequence[Sequence[str]]", step["pieces"])]
            yield _call("send", step["words"], _flag(step["closes"]), *pieces)
        case "end":
            yield _call("end", step["words"])
        case "wait":
            yield _call("wait_for", step["words"], _microseconds(step["seconds"]))
        case _:
            yield _call("expect", _microseconds(step["seconds"]), _flag(step["control"]), _flag(step["fails"]))
            yield from (_call("rule", rule) for rule in cast("Sequence[str]", step["rules"]))
            for reaction in cast("Sequence[Fields]", step["reactions"]):
                yield _call("reaction", reaction["name"], reaction["remark"], _flag(reaction["ends"]))
                yield from (_call("pattern", *_words(p)) for p in cast("Sequence[Fields]", reaction["patterns"]))
            yield from (_call("forbid", *_words(p)) for p in cast("Sequence[Fields]", step["forbids"]))
            yield "judge"


def _words(pattern: Mapping[str, object]) -> list[object]:
    """Return a pattern as the words that the template's ``takes`` reads."""
    if "quiet" in pattern:
        return ["quiet"]
    if "is" in pattern:
        return ["is", pattern["is"]]
    if "unlike" in pattern:
        return ["unlike", f"{pattern['unlike']}\t{pattern['like']}"]
    if "lowest" in pattern:
        return ["between", pattern["lowest"], pattern["highest"], pattern["like"]]
    return ["like", pattern["like"]]


def _call(name: str, *words: object) -> str:
    return shlex.join([name, *map(str, words)])


def _assigned(name: str, value: str) -> str:
    return f"{name}={shlex.quote(value)}"


def _flag(value: object) -> str:
    return "1" if value else ""


def _microseconds(seconds: object) -> str:
    assert isinstance(seconds, int | float)
    return str(round(seconds * 1_000_000))
