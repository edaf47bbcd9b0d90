"""Installs what a target is made of, once, below the user's cache: nothing of it goes into the project's tree.

Each target has a folder, and in it one for each hash of what it is made of, its home. A home is whole when the file
INSTALLED is in it, which is written last; one without it is taken away by the next try. A lock keeps a second run of
the suite out meanwhile. What a failed install printed stays behind as LOG, beside the homes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shlex
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import msgspec
import platformdirs

from ..spawning import Printed, exit_words, launch
from ..usage import UsageError
from .description import TargetDescription, crate_parts, package_name

INSTALLED = "installed.json"
LOG = "install.log"

STEP_SECONDS = 900.0
"""How long one command of an install may take."""

LOCK_SECONDS = 1800.0
"""How long another run of the suite that installs the same target is waited for."""

LOCK_POLL_SECONDS = 0.1

ADAPTER = "adapter"
"""What a crate is called that is made around an adapter, and so its program in {home}/target/release."""

_HASH_LENGTH = 16
_SHOWN_LENGTH = 300


class InstallError(Exception):
    """A target cannot be had: which step failed, and what it printed last."""


class _Marker(msgspec.Struct, frozen=True):
    """What is in the file INSTALLED: the version of each package, by its name."""

    versions: dict[str, str] = {}


@dataclass(frozen=True)
class InstalledTarget:
    """A target that is ready to be started, and the versions of its packages."""

    target: TargetDescription
    home: Path
    versions: Mapping[str, str]

    @property
    def build(self) -> str | None:
        """What was installed, as a record has it: "aiohttp 3.14.5"; None for what needs no package."""
        install = self.target.description.install
        name = install.version or next((package_name(*each) for each in install.packages()), None)
        return None if name is None else f"{name} {self.versions.get(name, '')}".rstrip()

    def places(self) -> Mapping[str, str]:
        """Return what the placeholders stand for that do not depend on how it is started."""
        return places(self.target, self.home)


def cache_folder() -> Path:
    """Return where targets are installed."""
    return platformdirs.user_cache_path("wsspec") / "targets"


def home_of(target: TargetDescription, cache: Path) -> Path:
    """Return the folder that what ``target`` is made of now belongs in."""
    install = target.description.install
    digest = hashlib.sha256(msgspec.json.encode(install))
    for path in target.built_from:
        digest.update(path.relative_to(target.adapters).as_posix().encode() + b"\0" + path.read_bytes())
    if install.pip:
        digest.update(f"{Path(sys.executable).resolve()} {sys.version}".encode())
    return cache / target.name / digest.hexdigest()[:_HASH_LENGTH]


def places(target: TargetDescription, home: Path) -> Mapping[str, str]:
    """Return what the placeholders of ``target`` stand for when ``home`` is its home."""
    return {
        "home": str(home),
        "adapters": str(target.adapters),
        "interpreter": sys.executable,
        "venv": str(home / "venv"),
        "python": str(home / "venv" / "bin" / "python"),
        "modules": str(home / "node_modules"),
        "jars": str(home / "jars" / "*"),
    }


def installed(target: TargetDescription, cache: Path | None = None) -> InstalledTarget | None:
    """Return ``target`` if it is installed as it is described now."""
    home = home_of(target, cache or cache_folder())
    try:
        marker = msgspec.json.decode((home / INSTALLED).read_bytes(), type=_Marker)
    except (OSError, msgspec.DecodeError):
        return None
    return InstalledTarget(target, home, marker.versions)


async def install(
    target: TargetDescription, cache: Path | None = None, *, say: Callable[[str], None] = lambda words: None
) -> InstalledTarget:
    """Return ``target`` as it is installed, or install it; ``say`` is told of each step. Raises InstallError."""
    home = home_of(target, cache or cache_folder())
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        async with _locked(home.parent):
            found = installed(target, cache)
            if found is not None:
                return found
            return await _Installing(target, home, say).all()
    except OSError as error:
        raise InstallError(f"{home.parent}: {error.strerror}") from error


@contextlib.asynccontextmanager
async def _locked(folder: Path) -> AsyncIterator[None]:
    """Keep every other run of the suite out of ``folder``, as long as the context lasts; its end frees it for sure."""
    import fcntl  # not everywhere: and neither are process groups, which whatever is installed will need

    loop = asyncio.get_running_loop()
    limit = loop.time() + LOCK_SECONDS
    with (folder / ".lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if loop.time() > limit:
                    raise InstallError(f"another process has been installing it for {LOCK_SECONDS:g} s") from None
                await asyncio.sleep(LOCK_POLL_SECONDS)
        yield


class _Installing:
    """One install: its steps, and what they print."""

    def __init__(self, target: TargetDescription, home: Path, say: Callable[[str], None]) -> None:
        self._target = target
        self._install = target.description.install
        self._home = home
        self._say = say
        self._printed = Printed()

    async def all(self) -> InstalledTarget:
        log = self._home.parent / LOG
        log.unlink(missing_ok=True)
        if self._home.exists():  # an install that was killed
            shutil.rmtree(self._home)
        self._home.mkdir()
        try:
            for kind, step in _STEPS.items():
                packages: tuple[str, ...] = getattr(self._install, kind)
                if packages:
                    self._say(f"installs {' '.join(packages)}")
                    await step(self, packages)
            if self._install.build is not None:
                self._say("builds it")
                await self._run(self._build_words())
            versions = await self._versions()
        except BaseException:
            log.write_bytes(self._printed.between(0.0, float("inf")))
            shutil.rmtree(self._home, ignore_errors=True)
            raise
        unfinished = self._home / f"{INSTALLED}.unfinished"
        unfinished.write_bytes(msgspec.json.encode(_Marker(versions)))
        unfinished.replace(self._home / INSTALLED)
        return InstalledTarget(self._target, self._home, versions)

    # --- one kind each ---

    async def pip(self, packages: Sequence[str]) -> None:
        await self._run([sys.executable, "-m", "venv", str(self._home / "venv")])
        python = self._place("python")
        await self._run([python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *packages])

    async def npm(self, packages: Sequence[str]) -> None:
        (self._home / "package.json").write_text('{"private": true}\n')
        await self._run(["npm", "install", "--no-audit", "--no-fund", *packages])

    async def go(self, packages: Sequence[str]) -> None:
        """Make a module, in which the build command is run: so the files that it names import what is required here."""
        await self._run(["go", "mod", "init", f"target/{self._target.name}"])
        await self._run(["go", "get", *packages])

    async def cargo(self, packages: Sequence[str]) -> None:
        """Make a crate of the Rust files that the build command names: the first is its main.rs."""
        await self._run(["cargo", "init", "--quiet", "--vcs", "none", "--name", ADAPTER])
        sources = [path for path in self._target.built_from if path.suffix == ".rs"]
        for index, path in enumerate(sources):
            shutil.copyfile(path, self._home / "src" / ("main.rs" if index == 0 else path.name))
        for package in packages:
            name, features, version = crate_parts(package)
            wanted = ["--features", features] if features else []
            await self._run(["cargo", "add", "--quiet", f"{name}@{version}" if version else name, *wanted])

    async def maven(self, packages: Sequence[str]) -> None:
        """Copy the jars, and those that they need, into one folder."""
        (self._home / "pom.xml").write_text(_project(packages))
        words = ["mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DincludeScope=runtime"]
        await self._run([*words, f"-DoutputDirectory={self._home / 'jars'}"])

    async def apt(self, packages: Sequence[str]) -> None:
        """Install what of the system's packages is not there, if that is for us to do."""
        missing = [package for package in packages if await self._dpkg_version(package.partition("=")[0]) is None]
        if not missing:
            return
        if os.geteuid() != 0:
            raise InstallError(f"packages of the system are missing: sudo apt-get install {' '.join(missing)}")
        words = ["apt-get", "install", "--yes", "--no-install-recommends", f"-oDPkg::Lock::Timeout={STEP_SECONDS:.0f}"]
        await self._run([*words, *missing], {"DEBIAN_FRONTEND": "noninteractive"})

    # --- commands ---

    def _place(self, name: str) -> str:
        return places(self._target, self._home)[name]

    def _build_words(self) -> list[str]:
        words = shlex.split(self._install.build or "")
        if self._install.cargo:
            words = [word for word in words if not word.endswith(".rs")]
        return [filled(word, places(self._target, self._home)) for word in words]

    async def _run(self, words: Sequence[str], environment: Mapping[str, str] | None = None) -> bytes:
        """Run one command in the home and return what it printed. Raises InstallError if it does not end well."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        shown = shlex.join(words)
        self._printed.add(began, f"$ {shown}\n".encode())
        began = loop.time()
        try:
            process = await launch(words, self._printed, environment=environment, folder=self._home)
        except UsageError as error:
            raise InstallError(f"{error.problem}; it is needed to install {self._target.name}") from error
        try:
            is_over = await process.exits_within(STEP_SECONDS)
        finally:
            await process.end()
        if not is_over or process.status != 0:
            how = exit_words(process.status) if is_over else f"did not end within {STEP_SECONDS:g} s"
            printed = self._printed.lines(began, loop.time())
            last_words = f"it printed:\n{printed}" if printed else "it printed nothing"
            raise InstallError(f"'{shown[:_SHOWN_LENGTH]}' {how}\n{last_words}")
        return self._printed.between(began, loop.time())

    # --- versions ---

    async def _versions(self) -> dict[str, str]:
        """Return the version of each package that is named, as far as it can be known."""
        found: dict[str, str] = {}
        for kind, package in self._install.packages():
            name = package_name(kind, package)
            version = await self._version(kind, name, package)
            if version:
                found[name] = version
        return found

    async def _version(self, kind: str, name: str, package: str) -> str | None:
        match kind:
            case "pip":
                script = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
                return _last_line(await self._run([self._place("python"), "-c", script, name]))
            case "npm":
                described = (self._home / "node_modules" / name / "package.json").read_bytes()
                return msgspec.json.decode(described, type=_Package).version
            case "go":
                words = ["go", "list", "-f", "{{with .Module}}{{.Version}}{{end}}", name]
                return _last_line(await self._run(words))
            case "cargo":
                return _last_line(await self._run(["cargo", "pkgid", name])).rpartition("@")[2].rpartition("#")[2]
            case "maven":
                return package.rpartition(":")[2]
            case _:
                return await self._dpkg_version(name)

    async def _dpkg_version(self, name: str) -> str | None:
        try:
            printed = await self._run(["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}\n", name])
        except InstallError:
            return None
        status, _, version = _last_line(printed).partition(" ")
        return version if status == "installed" else None


class _Package(msgspec.Struct):
    """What is read of a package.json."""

    version: str


_STEPS: Mapping[str, Callable[[_Installing, Sequence[str]], Awaitable[None]]] = {
    "pip": _Installing.pip,
    "npm": _Installing.npm,
    "apt": _Installing.apt,
    "go": _Installing.go,
    "cargo": _Installing.cargo,
    "maven": _Installing.maven,
}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with ``values`` for its placeholders, and the others left as they are."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _last_line(printed: bytes) -> str:
    return next(reversed(printed.decode(errors="replace").split("\n")[:-1] or [""])).strip()


def _project(packages: Sequence[str]) -> str:
    """Return a project that depends on ``packages``."""
    dependencies = "".join(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>".format(
            *map(escape, package.split(":"))
        )
        for package in packages
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>wsspec</groupId><artifactId>target</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>\n"
    )
