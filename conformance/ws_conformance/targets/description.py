"""How somebody else's WebSocket program is described, and the descriptions that there are (see ``docs/interop.md``)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from ws_reports.escape import visible

from ..documents import Document, KeyPath, read_text
from ..usage import UsageError, unknown

FOLDER = Path(__file__).parent
"""Where the suite's own descriptions are, each in a file by the name of its target."""

ADAPTERS = "adapters"
"""The folder, beside the descriptions, of the programs that make a target echo."""

NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")

TargetRole = Literal["server", "client", "proxy"]
"""What a target is started as. To the suite a proxy is the server that it stands before."""

ROLES: tuple[TargetRole, ...] = ("server", "client", "proxy")

KINDS = ("pip", "npm", "go", "cargo", "maven", "apt")
"""Where packages come from."""

_HELP = "'wsspec targets --help'"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_IN_ADAPTERS = "{adapters}/"
_EVERYWHERE = frozenset({"home", "adapters", "interpreter", "python", "venv", "modules", "jars"})
_NEEDED_FOR = {"python": "pip", "venv": "pip", "modules": "npm", "jars": "maven"}
"""Placeholders that stand for what was installed, and the kind of package that this is."""
_STARTED = frozenset({"port", "host", "scratch"})


class Install(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a target is made of: packages by where they come from, a command that is run once, and its version's."""

    pip: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    go: tuple[str, ...] = ()
    cargo: tuple[str, ...] = ()
    maven: tuple[str, ...] = ()
    apt: tuple[str, ...] = ()
    build: str | None = None
    version: str | None = None

    def packages(self) -> Iterator[tuple[str, str]]:
        """Yield each package, as it is written, behind its kind."""
        for kind in KINDS:
            for package in getattr(self, kind):
                yield kind, package


class Server(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server that echoes: its command, the path that it serves, and what is only true of it as a server."""

    command: str
    path: Annotated[str, Meta(pattern="^/", examples=["/echo"])] = "/"
    environment: dict[str, str] = {}
    ready_seconds: Annotated[float, Meta(gt=0, le=600, examples=[60])] | None = None
    known: dict[str, str] = {}


class Client(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client that echoes. If it ``lives_on``, it connects to its URL again when a connection ends.

    ``ready_seconds`` is how long it may take to come for the first time.
    """

    command: str
    environment: dict[str, str] = {}
    lives_on: bool = False
    ready_seconds: Annotated[float, Meta(gt=0, le=600, examples=[60])] | None = None
    known: dict[str, str] = {}


class Proxy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A proxy before a server that listens at the port ``{upstream}``. ``configuration`` is a file below adapters."""

    command: str
    configuration: str | None = None
    path: Annotated[str, Meta(pattern="^/", examples=["/echo"])] = "/"
    environment: dict[str, str] = {}
    ready_seconds: Annotated[float, Meta(gt=0, le=600, examples=[60])] | None = None
    known: dict[str, str] = {}


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the adapter lifted of the limits that the target has by default, and what it could not; for readers."""

    lifted: str | None = None
    kept: str | None = None


class Description(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A target in each of its roles. ``known`` has the reviewed failures of all: a case pattern, and a sentence."""

    language: str
    engine: str
    used: str
    tier: Annotated[int, Meta(ge=1, le=3, examples=[2])]
    install: Install = Install()
    server: Server | None = None
    client: Client | None = None
    proxy: Proxy | None = None
    limits: Limits = Limits()
    known: dict[str, str] = {}


@dataclass(frozen=True)
class TargetDescription:
    """The target ``name`` as it is described, and the folder of its adapter."""

    name: str
    description: Description
    adapters: Path

    @property
    def roles(self) -> tuple[TargetRole, ...]:
        """What it can be started as."""
        return tuple(role for role in ROLES if self.in_role(role) is not None)

    @property
    def package_kinds(self) -> frozenset[str]:
        """Where its packages come from."""
        return frozenset(kind for kind, _ in self.description.install.packages())

    def in_role(self, role: TargetRole) -> Server | Client | Proxy | None:
        """Return what is said of it as a ``role``, None if it cannot be one."""
        found: Server | Client | Proxy | None = getattr(self.description, role)
        return found

    def known(self, role: TargetRole) -> Mapping[str, str]:
        """Return its reviewed failures as a ``role``."""
        described = self.in_role(role)
        return self.description.known | (described.known if described is not None else {})

    @cached_property
    def built_from(self) -> tuple[Path, ...]:
        """The files of the adapter that the build command names, those in a folder that it names among them."""
        words = shlex.split(self.description.install.build or "")
        named = [self.adapters / word.removeprefix(_IN_ADAPTERS) for word in words if word.startswith(_IN_ADAPTERS)]
        files = (each for path in named for each in (sorted(path.rglob("*")) if path.is_dir() else [path]))
        return tuple(path for path in files if not path.is_dir())


def target_names(folder: Path = FOLDER) -> list[str]:
    """Return the names of the targets that are described in ``folder``. Raises UsageError."""
    try:
        return sorted(path.stem for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}", "name a folder with descriptions of targets") from error


def find_target(name: str, folder: Path = FOLDER) -> TargetDescription:
    """Return the target ``name``. Raises UsageError for one that there is not, or whose description is wrong."""
    names = target_names(folder)
    if name not in names:
        raise unknown("target", name, names, "'wsspec targets'")
    return read_target(folder / f"{name}.toml")


def all_targets(folder: Path = FOLDER) -> list[TargetDescription]:
    """Return all targets of ``folder``, by their names. Raises UsageError."""
    return [read_target(folder / f"{name}.toml") for name in target_names(folder)]


def read_target(path: Path) -> TargetDescription:
    """Return the target that the file at ``path`` describes. Raises UsageError."""
    try:
        text = read_text(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a file that can be read") from error
    return parse_target_description(path.stem, text, path.parent / ADAPTERS, str(path))


def parse_target_description(name: str, text: str, adapters: Path, place: str) -> TargetDescription:
    """Return the target ``name`` that ``text``, found at ``place``, describes. Raises UsageError for what is wrong."""
    document = Document(place, text, _HELP)
    if not NAME.fullmatch(name):
        problem = f"{place}: '{visible(name, 100)}' is no name for a target"
        raise UsageError(problem, "write lower-case letters, digits, '-' and '.'")
    target = TargetDescription(name, document.into(Description), adapters)
    for path, problem, remedy in _faults(target):
        raise document.wrong(path, problem, remedy)
    return target


# --- what the types do not forbid -------------------------------------------------------------------------------------

Fault = tuple[KeyPath, str, str]
"""Where, what is wrong there, and what to do about it."""


def _faults(target: TargetDescription) -> Iterator[Fault]:
    description = target.description
    for key in ("language", "engine", "used"):
        if not getattr(description, key).strip():
            yield (key,), f"{key} is empty", "say it in a word or two"
    if not target.roles:
        yield (), "it has no role", 'add [server] with command = "… {port}", or [client] with command = "… {url}"'
    yield from _install_faults(target)
    yield from _known_faults(("known",), description.known)
    for role in target.roles:
        described = target.in_role(role)
        assert described is not None
        yield from _known_faults((role, "known"), described.known)
        yield from _command_faults((role, "command"), described.command, _allowed(role, described), description.install)
    if description.server is not None:
        yield from _missing_faults(("server", "command"), ("port",), description.server.command)
    if description.client is not None:
        yield from _missing_faults(("client", "command"), ("url",), description.client.command)
    if description.proxy is not None:
        yield from _proxy_faults(target, description.proxy)


def _allowed(role: TargetRole, described: Server | Client | Proxy) -> frozenset[str]:
    match described:
        case Client():
            return _EVERYWHERE | {"url", "scratch"}
        case Proxy(configuration=str()):
            return _EVERYWHERE | _STARTED | {"upstream", "configuration"}
        case Proxy():
            return _EVERYWHERE | _STARTED | {"upstream"}
        case _:
            return _EVERYWHERE | _STARTED


def _install_faults(target: TargetDescription) -> Iterator[Fault]:
    install = target.description.install
    for kind, package in install.packages():
        if not package_name(kind, package) or package.startswith("-") or re.search(r"[\s\x00]", package):
            problem = f"'{visible(package, 100)}' is no package of {kind}"
            yield ("install", kind), problem, f"write for example {_EXAMPLES[kind]}"
    names = [package_name(kind, package) for kind, package in install.packages()]
    if install.version is not None and install.version not in names:
        problem = f"version names '{visible(install.version, 100)}', which is not installed"
        yield ("install", "version"), problem, f"name one of the packages: {', '.join(names) or 'there is none'}"
    if (install.go or install.cargo) and install.build is None:
        yield ("install",), "packages of go and cargo are sources, and nothing is built", 'add build = "…"'
    if install.build is not None:
        yield from _command_faults(("install", "build"), install.build, _EVERYWHERE, install)
        for path in target.built_from:
            if not path.exists():
                problem = f"there is no {path.relative_to(target.adapters)} below {target.adapters}"
                yield ("install", "build"), problem, "name a file that is there"


def _known_faults(path: KeyPath, known: Mapping[str, str]) -> Iterator[Fault]:
    for pattern, sentence in known.items():
        parts = pattern.split("/")
        if not all(parts) or "#" in pattern or any("**" in part and part != "**" for part in parts):
            remedy = "write a case's id; '*' stands for any text within a part of it, '**' for any number of parts"
            yield (*path, pattern), f"'{visible(pattern, 100)}' names no case", remedy
        if not sentence.strip():
            yield (*path, pattern), f"the reason for '{pattern}' is empty", "say what it does, and which section minds"


def _command_faults(path: KeyPath, command: str, allowed: Collection[str], install: Install) -> Iterator[Fault]:
    words = ".".join(map(str, path))
    try:
        if not shlex.split(command):
            yield path, f"{words} is empty", "write a command as you would in a terminal; no shell runs"
    except ValueError as error:
        yield path, f"{words} is no command ({error})", "close the quotes"
    for name in _PLACEHOLDER.findall(command):
        if name not in allowed:
            near = unknown("placeholder", name, sorted(allowed), f"it may be {', '.join(sorted(allowed))}; {_HELP}")
            yield path, f"{words}: {{{name}}} is not known here", near.remedy
        kind = _NEEDED_FOR.get(name)
        if kind is not None and not getattr(install, kind):
            yield path, f"{words}: {{{name}}} stands for what {kind} installs", f"add {kind} = […] to [install]"


def _missing_faults(path: KeyPath, needed: Iterable[str], *texts: str) -> Iterator[Fault]:
    for name in needed:
        if not any(f"{{{name}}}" in text for text in texts):
            yield path, f"{'.'.join(map(str, path))} does not say where the {name} goes", f"write {{{name}}} there"


def _proxy_faults(target: TargetDescription, proxy: Proxy) -> Iterator[Fault]:
    path = ("proxy", "command")
    if proxy.configuration is None:
        yield from _missing_faults(path, ("port", "upstream"), proxy.command)
        return
    yield from _missing_faults(path, ("configuration",), proxy.command)
    try:
        text = read_text(target.adapters / proxy.configuration)
    except OSError as error:
        problem = f"{target.adapters / proxy.configuration}: {error.strerror}"
        yield ("proxy", "configuration"), problem, f"name a file below {target.adapters}"
        return
    yield from _missing_faults(("proxy", "configuration"), ("port", "upstream"), proxy.command, text)


# --- the names of packages --------------------------------------------------------------------------------------------

_EXAMPLES = {
    "pip": "aiohttp==3.14.5",
    "npm": "ws@8.23.0",
    "go": "github.com/gorilla/websocket@v1.5.3",
    "cargo": "tungstenite@0.28.0, or tokio[full]@1.40.0",
    "maven": "org.java-websocket:Java-WebSocket:1.6.0",
    "apt": "libwebsockets-dev",
}
_NAMES = {
    "pip": re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?(?:(?:[=<>!~]=?|===).*)?"),
    "npm": re.compile(r"((?:@[a-z0-9._~-]+/)?[a-z0-9._~-]+)(?:@.+)?", re.IGNORECASE),
    "go": re.compile(r"([A-Za-z0-9._~/-]+)(?:@.+)?"),
    "cargo": re.compile(r"([A-Za-z0-9_-]+)(?:\[([^\]]*)\])?(?:@(.+))?"),
    "maven": re.compile(r"([A-Za-z0-9._-]+:[A-Za-z0-9._-]+):([A-Za-z0-9._-]+)"),
    "apt": re.compile(r"([a-z0-9][a-z0-9+.-]+)(?:=.+)?"),
}


def package_name(kind: str, package: str) -> str:
    """Return the name in a ``package`` of that kind as it is written in a description; empty if it has none.

    >>> package_name("npm", "@scope/name@1.2.3"), package_name("pip", "uvicorn[standard]==0.35.0")
    ('@scope/name', 'uvicorn')
    """
    found = _NAMES[kind].fullmatch(package)
    return found[1] if found else ""


def crate_parts(package: str) -> tuple[str, str, str]:
    """Return name, features and version of a crate, the latter two empty where nothing is said of them."""
    found = _NAMES["cargo"].fullmatch(package)
    assert found is not None, "a description with another is refused"
    return found[1], found[2] or "", found[3] or ""
