"""The configuration: what ``wsspec.toml`` may say, or ``[tool.wsspec]`` in ``pyproject.toml``, and where it is found.

The types are closed: a key that they do not have is a mistake, and so is a value that cannot be meant. Paths are
relative to the folder of the file. Secrets are never in it: ``${VARIABLE}`` takes them from the environment, in the
places that reports are kept clean of them, and whatever comes from there is treated as a secret.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from ws_reports.escape import harmless
from ws_reports.schemas import published, schema_of

from .catalogue import load_catalogue
from .documents import Document, KeyPath, read_text
from .head import TOKEN
from .redaction import is_secret_field, secret_values
from .units import DURATION, SIZE
from .usage import UsageError, unknown

FILE_NAME = "wsspec.toml"
PYPROJECT = "pyproject.toml"
NO_FILE = f"there is no {FILE_NAME} here or above, nor [tool.wsspec] in a {PYPROJECT}"
_HELP = "'wsspec config schema'"

Duration = Annotated[str, Meta(pattern=DURATION, examples=["250ms", "2s", "5m"])]
Size = Annotated[str, Meta(pattern=SIZE, examples=["512KiB", "64MiB"])]
Scale = Annotated[float, Meta(gt=0, le=1000, examples=[5])]
Jobs = Annotated[int, Meta(ge=1, le=1024, examples=[16])]
Port = Annotated[int, Meta(ge=1, le=65535, examples=[9001])]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["app"], max_length=60)]
Behaviour = Literal["auto", "echo", "reply", "opaque", "handshake"]
FailOn = Literal["must", "should", "info", "never"]
Need = Literal["none", "pong", "reply", "echo", "deflate"]
Level = Literal["must", "should", "may"]
Mode = Literal["url", "autobahn", "jsonl", "listen", "trigger", "browser"]
Format = Literal["matrix", "text", "md", "junit", "sarif", "ctrf", "autobahn", "badge", "csv", "tap", "annotations"]
Words = tuple[str, ...]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    """What all tables have in common: keys with dashes, and no others than those that are known."""


class Report(_Table, frozen=True, kw_only=True):
    """Where reports go, and which there are besides run.json, events.ndjson and index.html."""

    dir: Annotated[str | None, Meta(description="The folder, by default wsspec-report.")] = None
    formats: Annotated[tuple[Format, ...] | None, Meta(description="As with --report-format.")] = None
    anchor: Annotated[str | None, Meta(description="The source file that findings are shown in (sarif).")] = None


class Limits(_Table, frozen=True, kw_only=True):
    """How long a run waits, and how much it does at once."""

    scale: Annotated[Scale | None, Meta(description="Every wait is multiplied by this.")] = None
    jobs: Annotated[Jobs | None, Meta(description="Connections at once.")] = None
    wait: Annotated[Duration | None, Meta(description="How long a target may take to be there.")] = None
    time_limit: Annotated[Duration | None, Meta(description="When a run ends at the latest.")] = None


class Select(_Table, frozen=True, kw_only=True):
    """Which cases are played, and which verdicts make a run fail. The keys are those of the command's options."""

    area: Annotated[Words | None, Meta(description="Cases of these areas.")] = None
    rfc: Annotated[Words | None, Meta(description="Cases about these sections: 6455, 6455#5.5 or 6455#5-5.5.")] = None
    req: Annotated[Words | None, Meta(description="Cases that verify these requirements (ids or globs).")] = None
    level: Annotated[tuple[Level, ...] | None, Meta(description="Cases of these levels.")] = None
    needs: Annotated[tuple[Need, ...] | None, Meta(description="Cases that need no more of the target than this.")] = (
        None
    )
    tag: Annotated[Words | None, Meta(description="Cases with these tags.")] = None
    exclude: Annotated[Words | None, Meta(description="Cases that are left out (ids or globs).")] = None
    limits: Annotated[bool | None, Meta(description="Also cases that strain a target.")] = None
    fail_on: Annotated[FailOn | None, Meta(description="Which departures make the exit code 1.")] = None


class Declare(_Table, frozen=True, kw_only=True):
    """What the targets are said to offer, and not to: a run passes when the results match."""

    extensions: Annotated[
        tuple[Literal["permessage-deflate"], ...], Meta(description="Extensions that a target has to agree to.")
    ] = ()
    subprotocols: Annotated[Words, Meta(description="Subprotocols that a target has to choose, or to ask for.")] = ()
    not_implemented: Annotated[
        dict[str, str], Meta(description="Requirements that are knowingly not met, each with the reason.")
    ] = {}


class Tls(_Table, frozen=True, kw_only=True):
    """How TLS is spoken with a server."""

    ca: Annotated[str | None, Meta(description="A file with the authorities to trust (PEM).")] = None
    server_name: Annotated[str | None, Meta(description="The name for SNI and the certificate's check.")] = None
    insecure: Annotated[bool, Meta(description="Accept any certificate.")] = False


class Probe(_Table, frozen=True, kw_only=True):
    """A message that a server replies to, and what is somewhere in its reply."""

    send: str
    expect: str


class Client(_Table, frozen=True, kw_only=True):
    """How a client is brought to connect."""

    mode: Annotated[Mode, Meta(description="As with the options of 'wsspec client'.")] = "url"
    command: Annotated[str | None, Meta(description="What starts it, or makes it connect; {url} is filled in.")] = None
    browser: Annotated[str | None, Meta(description="Which browser, in the mode of that name.")] = None
    port: Annotated[Port | None, Meta(description="Where to wait for it.")] = None
    idle: Annotated[Duration | None, Meta(description="How long it may stay away, if it comes by itself.")] = None


class Target(_Table, frozen=True, kw_only=True):
    """A server or a client that 'wsspec run' judges."""

    name: Annotated[Name, Meta(description="What it is called, in reports and in the baseline.")]
    role: Annotated[Literal["server", "client"], Meta(description="What it is.")] = "server"
    url: Annotated[str | None, Meta(description="Where a server is; may hold ${VARIABLE}, with spawn {port}.")] = None
    spawn: Annotated[str | None, Meta(description="The command of a server that is started; {port} is filled in.")] = (
        None
    )
    memory: Annotated[Size | None, Meta(description="How much one case may cost a server that is started.")] = None
    stands_before: Annotated[str | None, Meta(description="The server that a proxy is in front of.")] = None
    tls: Tls = Tls()
    headers: Annotated[
        dict[str, str], Meta(description="Fields of each request; a value may hold ${VARIABLE}, a secret one has to.")
    ] = {}
    subprotocols: Annotated[Words, Meta(description="Subprotocols that each request asks for.")] = ()
    family: Annotated[Literal["any", "ipv4", "ipv6"], Meta(description="How it is reached.")] = "any"
    behaviour: Annotated[Behaviour, Meta(description="What it does with messages; auto finds out.")] = "auto"
    probe: Probe | None = None
    i_may_test_this_host: Annotated[
        bool, Meta(description="You may strain it, although it is not on this machine.")
    ] = False
    client: Client | None = None


class Config(_Table, frozen=True, kw_only=True):
    """The whole configuration."""

    profile: Annotated[str | None, Meta(description="Which cases are meant, as in rfc6455@2026.11.")] = None
    baseline: Annotated[str | None, Meta(description="The list of known failures.")] = None
    report: Report = Report()
    limits: Limits = Limits()
    select: Select = Select()
    declare: Declare = Declare()
    target: tuple[Target, ...] = ()


# --- where it is ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Configuration:
    """What was found: ``config``, and the ``document`` that it comes from, None where there is no file."""

    config: Config = field(default_factory=Config)
    document: Document | None = None
    folder: Path = Path()
    """The folder of the file, which paths in it are relative to."""

    def defaults(self) -> dict[str, object]:
        """Return what is set, by the names of the command's options."""
        values = {option: _value(self.config, key) for key, option in OPTIONS.items()}
        paths = {option: str(self.folder / str(values[option])) for option in PATHS if values[option] is not None}
        return {option: value for option, value in (values | paths).items() if value is not None}

    def origin(self, key: str) -> str:
        """Return the file and the line where ``key`` is set."""
        return "" if self.document is None else self.document.place(tuple(key.split(".")))


OPTIONS = {
    "profile": "profile",
    "baseline": "baseline",
    "report.dir": "report_dir",
    "report.formats": "report_format",
    "report.anchor": "anchor",
    **{f"limits.{name}": name.replace("-", "_") for name in ("scale", "jobs", "wait", "time-limit")},
    **{f"select.{field.encode_name}": field.name for field in msgspec.structs.fields(Select)},
}
"""What can be set in the environment and on the command line as well: each key, and the name of its option."""

PATHS = ("baseline", "report_dir", "anchor")
"""The options of these that are paths."""

DURATIONS = ("wait", "time_limit")
"""The options of these that are times, in seconds."""


def find_config(start: Path) -> Configuration:
    """Return the configuration of the first folder from ``start`` upwards that has one. Raises UsageError."""
    for folder in (start, *start.resolve().parents):
        for name in (FILE_NAME, PYPROJECT):
            if _is_file(folder / name) and (found := _document(folder / name)).holds_table():
                return read_config(found, folder)
    return Configuration()


def load_config(path: Path) -> Configuration:
    """Return the configuration in the file at ``path``. Raises UsageError."""
    document = _document(path)
    if not document.holds_table():
        raise UsageError(f"{path} has no table [tool.wsspec]", "add one, or name another file")
    return read_config(document, path.parent)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder above, that is none of ours
        return False


def _document(path: Path) -> Document:
    try:
        text = read_text(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a file that can be read") from error
    if path.name != PYPROJECT:
        return Document(str(path), text, _HELP)
    return Document(str(path), text if "wsspec" in text else "", _HELP, ("tool", "wsspec"))


def read_config(document: Document, folder: Path = Path()) -> Configuration:
    """Return the configuration in ``document``. Raises UsageError for whatever cannot be meant."""
    config = document.into(Config)
    for path, problem, remedy in _faults(config):
        raise document.wrong(path, f"{problem}", remedy)
    return Configuration(config, document, folder)


def _value(config: Config, key: str) -> object:
    found: object = config
    for part in key.split("."):
        found = getattr(found, part.replace("-", "_"))
    return list(found) if isinstance(found, tuple) else found


# --- what the types do not forbid -------------------------------------------------------------------------------------

Fault = tuple[KeyPath, str, str]
"""Where, what is wrong there, and what to do about it."""


def _faults(config: Config) -> Iterator[Fault]:
    yield from _declared_faults(config.declare)
    names: set[str] = set()
    for place, target in enumerate(config.target):
        path = ("target", place)
        if target.name.lower() in names:
            yield (*path, "name"), f"there is another target '{target.name}'", "give each a name of its own"
        names.add(target.name.lower())
        for key, problem, remedy in _client_faults(target) if target.role == "client" else _server_faults(target):
            yield (*path, *key), f"target {target.name}: {problem}", remedy


def _declared_faults(declare: Declare) -> Iterator[Fault]:
    for requirement, reason in declare.not_implemented.items():
        path = ("declare", "not-implemented", requirement)
        if requirement not in load_catalogue():
            error = unknown("requirement", requirement, load_catalogue(), "'wsspec requirements --all'")
            yield path, error.problem, error.remedy
        if not reason.strip():
            yield path, f"the reason for {requirement} is empty", "say why it is not implemented"
    for subprotocol in declare.subprotocols:
        if not TOKEN.fullmatch(subprotocol):
            problem = f"the subprotocol '{harmless(subprotocol)}' is no token"
            yield ("declare", "subprotocols"), problem, "write one name in each string"


def _client_faults(target: Target) -> Iterator[Fault]:
    given = msgspec.to_builtins(target)
    for key in ("url", "spawn", "memory", "stands-before", "probe", "tls", "headers", "subprotocols"):
        if key in given:
            yield (key,), f"{key} is for servers", "take it away, or the role"
    client = target.client
    if client is None:
        yield (), "it does not say how the client connects", 'add client = { command = "…", mode = "url" }'
        return
    needs_command = client.mode in ("url", "jsonl", "trigger")
    if needs_command and not client.command:
        yield ("client",), f"a client of the mode {client.mode} has to be started", 'add command = "…"'
    if (client.mode == "browser") != (client.browser is not None):
        yield ("client",), "mode and browser do not go together", 'write mode = "browser" and browser = "chromium"'
    yield from _variable_faults({("client", "command"): client.command})


def _server_faults(target: Target) -> Iterator[Fault]:
    if target.client is not None:
        yield ("client",), "client is for clients", 'take it away, or write role = "client"'
    if target.url is None and target.spawn is None:
        yield (), "it says neither where the server is nor what starts it", 'add url = "ws://…" or spawn = "… {port}"'
    if target.spawn is not None and target.url is not None and "{port}" not in target.url:
        yield ("url",), "the url does not say where the port goes", "write {port}, as in ws://127.0.0.1:{port}/"
    if target.memory is not None and target.spawn is None:
        yield ("memory",), "memory is measured where wsspec starts the server", 'add spawn = "…"'
    if target.behaviour == "reply" and target.probe is None:
        yield ("behaviour",), "it is not said what the server replies to", 'add probe = { send = "…", expect = "…" }'
    for name, value in target.headers.items():
        if is_secret_field(name) and not VARIABLE.search(value):
            remedy = f'write {name} = "${{VARIABLE}}", and set that in the environment'
            yield ("headers", name), f"the secret {harmless(name)} is in the file", remedy
    if target.url is not None and any(
        not VARIABLE.search(each) for each in secret_values(target.url.partition("?")[2])
    ):
        yield ("url",), "a secret is in the file", "write ${VARIABLE} for it, and set that in the environment"
    yield from _variable_faults({("spawn",): target.spawn, ("tls", "ca"): target.tls.ca})


def _variable_faults(texts: Mapping[KeyPath, str | None]) -> Iterator[Fault]:
    for path, text in texts.items():
        if text is not None and VARIABLE.search(text):
            remedy = "what is started finds them in its environment; no shell runs"
            yield path, f"variables are not filled in {'.'.join(map(str, path))}", remedy


# --- what is not in the file ------------------------------------------------------------------------------------------

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(slots=True)
class Filling:
    """Fills in ``${VARIABLE}`` from ``environment``, and remembers in ``secrets`` what it filled in."""

    environment: Mapping[str, str]
    secrets: list[str] = field(default_factory=list)

    def fill(self, text: str) -> str:
        """Return ``text`` with values for variables. Raises UsageError for one that is not set."""
        return VARIABLE.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        value = self.environment.get(found[1])
        if value is None:
            raise UsageError(f"the variable {found[1]} is not set", f"export {found[1]}=…")
        self.secrets.append(value)
        return value


def hidden(text: str) -> str:
    """Return ``text`` with *** for each variable."""
    return VARIABLE.sub("***", text)


def variables(target: Target) -> list[str]:
    """Return the variables that ``target`` takes from the environment."""
    texts = (target.url or "", *target.headers.values())
    return list(dict.fromkeys(found[1] for text in texts for found in VARIABLE.finditer(text)))


# --- the schema -------------------------------------------------------------------------------------------------------


def schema() -> dict[str, object]:
    """Return the JSON Schema of the configuration."""
    return schema_of(Config, words="config:1", title="wsspec configuration")


def schema_document() -> bytes:
    """Return the schema as it is published beside this module, in ``wsspec.schema.json``."""
    return published(schema())


if __name__ == "__main__":
    sys.stdout.buffer.write(schema_document())
