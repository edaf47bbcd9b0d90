"""The profile of a push endpoint: how to subscribe, how its messages are told apart, where in them things are.

It is TOML that people write. The types are closed, so that a slip of the pen is told where it is; what they cannot say
is checked behind them. Nothing here reads a message: that is done in ``reading``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from ws_reports.escape import visible
from ws_reports.schemas import published, schema_of

from ..documents import Document, KeyPath, read_text
from ..units import DURATION, parse_duration
from ..usage import UsageError, unknown
from .pointers import parse_pointer

BUILT_IN = ("exchange", "node")
"""Profiles in the box."""

HELP = "'wsspec stream --schema'"

SUBSCRIPTIONS, KINDS = 100, 100
"""How many of each a profile may have."""

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9-]*)\}")
"""What a template fills in. The braces of JSON have a quotation mark behind them, or nothing."""

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A value from the environment, which no report shows."""

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*$", examples=["trades"], max_length=60)]
Pointer = Annotated[str, Meta(pattern="^(/([^~/]|~[01])*)*$", examples=["/params/result"], max_length=200)]
Duration = Annotated[str, Meta(pattern=DURATION, examples=["250ms", "2s", "5m"])]
Template = Annotated[str, Meta(min_length=1, max_length=10_000, examples=['{"op": "subscribe", "id": {id}}'])]
Scalar = str | int | float | bool | None
Role = Literal["data", "snapshot", "delta", "block", "log", "heartbeat", "reply", "error"]
JsonType = Literal["string", "number", "boolean", "object", "array", "null"]
TimeUnit = Literal["s", "ms", "us", "ns", "iso"]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    """What all tables have in common: keys with dashes, and no others than those that are known."""


class Match(_Table, frozen=True, kw_only=True):
    """Which messages are meant: those in which all of this is so."""

    when: Annotated[dict[Pointer, Scalar], Meta(description="What has this value. Texts may hold {id}.")] = {}
    has: Annotated[tuple[Pointer, ...], Meta(description="What has to be there, whatever it is.")] = ()
    types: Annotated[dict[Pointer, JsonType], Meta(description="What has this type.")] = {}


class Subscription(_Table, frozen=True, kw_only=True):
    """How to ask for a part of the stream. In a template, {id} is a new number, other names are in [values]."""

    name: Name
    send: Annotated[Template, Meta(description="The message that subscribes.")]
    unsubscribe: Annotated[Template | None, Meta(description="The message that takes it back.")] = None
    snapshot: Annotated[Template | None, Meta(description="The message that asks for a new snapshot.")] = None
    acknowledged: Annotated[Match | None, Meta(description="The reply to it, and to unsubscribe.")] = None
    unsubscribed: Annotated[Match | None, Meta(description="The reply to unsubscribe, if it is another.")] = None
    refused: Annotated[Match | None, Meta(description="The reply that says no.")] = None
    captures: Annotated[
        dict[Name, Pointer], Meta(description="What of the reply to it unsubscribe and snapshot fill in, by name.")
    ] = {}
    kinds: Annotated[tuple[Name, ...], Meta(description="The messages that it brings, which must end with it.")] = ()
    with_cases: Annotated[bool, Meta(description="Also subscribe to it where protocol cases are played.")] = False


class Kind(_Table, frozen=True, kw_only=True):
    """One kind of message: how it is recognised, and where in it things are."""

    name: Name
    role: Annotated[Role, Meta(description="What it is to whoever judges.")] = "data"
    when: Annotated[dict[Pointer, Scalar], Meta(description="What has this value.")] = {}
    has: Annotated[tuple[Pointer, ...], Meta(description="What has to be there, whatever it is.")] = ()
    types: Annotated[dict[Pointer, JsonType], Meta(description="What has this type.")] = {}
    stream: Annotated[
        tuple[Pointer, ...], Meta(description="What tells streams of one kind apart, such as the market.")
    ] = ()
    counter: Annotated[Name | None, Meta(description="Kinds with the same counter share sequence and book.")] = None
    sequence: Annotated[Pointer | None, Meta(description="Its number, or the last of those it stands for.")] = None
    sequence_from: Annotated[Pointer | None, Meta(description="The first of the numbers it stands for.")] = None
    previous: Annotated[Pointer | None, Meta(description="The number of the one before, where numbers skip.")] = None
    time: Annotated[Pointer | None, Meta(description="When the sender made it; hexadecimal will do.")] = None
    time_unit: Annotated[TimeUnit, Meta(description="Since 1970, or 'iso' for RFC 3339.")] = "ms"
    bids: Annotated[Pointer | None, Meta(description="Levels of the book to buy.")] = None
    asks: Annotated[Pointer | None, Meta(description="Levels of the book to sell.")] = None
    price: Annotated[Pointer, Meta(description="In a level.")] = "/0"
    size: Annotated[Pointer, Meta(description="In a level; 0 takes the level away.")] = "/1"
    hash: Annotated[Pointer | None, Meta(description="Of a block, or of the block that a log is in.")] = None
    parent: Annotated[Pointer | None, Meta(description="The hash of the block before.")] = None
    number: Annotated[Pointer | None, Meta(description="The height of a block; hexadecimal will do.")] = None
    identity: Annotated[tuple[Pointer, ...], Meta(description="What tells the logs of a block apart.")] = ()
    removed: Annotated[Pointer | None, Meta(description="True in a log that is taken back.")] = None


class Bounds(_Table, frozen=True, kw_only=True):
    """What has to hold. A bound that is not there is not judged, unless there is a default."""

    acknowledged: Annotated[Duration, Meta(description="How soon a subscription is acknowledged.")] = "5s"
    silence: Annotated[Duration | None, Meta(description="How long nothing at all may come.")] = None
    heartbeat: Annotated[Duration | None, Meta(description="How long there may be no heartbeat.")] = None
    ping: Annotated[Duration, Meta(description="How often we send a Ping.")] = "5s"
    pong: Annotated[Duration, Meta(description="How soon a Ping is answered.")] = "2s"
    delay: Annotated[
        Duration | None, Meta(description="How much later than the promptest message any may come, by its time.")
    ] = None
    reorder: Annotated[Duration, Meta(description="How late a missing number may come, and be out of order only.")] = (
        "1s"
    )
    taken_back: Annotated[Duration, Meta(description="How soon logs of dropped blocks are taken back.")] = "10s"
    reorganisation: Annotated[int, Meta(ge=0, le=1000, description="How many blocks may be replaced at once.")] = 12
    lifetime: Annotated[Duration | None, Meta(description="After how long it may end a connection.")] = None
    recovery: Annotated[Duration, Meta(description="How soon the stream is there again behind an end.")] = "30s"


class Profile(_Table, frozen=True, kw_only=True):
    """A push endpoint. Everything in it is about text messages in JSON."""

    name: Name
    subscription: tuple[Subscription, ...]
    kind: tuple[Kind, ...]
    bounds: Bounds = Bounds()
    values: Annotated[
        dict[Name, str], Meta(description="What templates fill in; may hold ${VARIABLE}, which is a secret.")
    ] = {}
    others: Annotated[Literal["fail", "ignore"], Meta(description="What a message of no known kind is.")] = "fail"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a profile in seconds, None for what is not judged."""

    acknowledged: float
    silence: float | None
    heartbeat: float | None
    ping: float
    pong: float
    delay: float | None
    reorder: float
    taken_back: float
    lifetime: float | None
    recovery: float
    reorganisation: int

    @classmethod
    def of(cls, bounds: Bounds, scale: float = 1.0) -> Limits:
        """Return ``bounds``, each wait multiplied by ``scale``. How often something is done is not stretched."""

        def seconds(text: str) -> float:
            return parse_duration(text) * scale

        def perhaps(text: str | None) -> float | None:
            return None if text is None else seconds(text)

        return cls(
            acknowledged=seconds(bounds.acknowledged),
            silence=perhaps(bounds.silence),
            heartbeat=perhaps(bounds.heartbeat),
            ping=parse_duration(bounds.ping),
            pong=seconds(bounds.pong),
            delay=perhaps(bounds.delay),
            reorder=seconds(bounds.reorder),
            taken_back=seconds(bounds.taken_back),
            lifetime=None if bounds.lifetime is None else parse_duration(bounds.lifetime),
            recovery=seconds(bounds.recovery),
            reorganisation=bounds.reorganisation,
        )


# --- reading it -------------------------------------------------------------------------------------------------------


def find_profile(word: str, values: Mapping[str, str] | None = None) -> Profile:
    """Return the profile that ``word`` names: one in the box, or a file. Raises UsageError.

    ``values`` take the place of those in its table [values].
    """
    if word in BUILT_IN:
        text = (files(__package__) / "profiles" / f"{word}.toml").read_text("utf-8")
        return parse_profile(text, f"profile {word}", values)
    try:
        text = read_text(Path(word))
    except OSError as error:
        if "/" in word or "." in word:
            problem = f"--profile {visible(word, 200)}: {error.strerror}"
            raise UsageError(problem, f"name a file, or one of {', '.join(BUILT_IN)}") from error
        raise unknown("profile", word, BUILT_IN, f"a file, or one of {', '.join(BUILT_IN)}:") from error
    return parse_profile(text, word, values)


def parse_profile(text: str, place: str, values: Mapping[str, str] | None = None) -> Profile:
    """Return the profile in ``text``, which was found at ``place``. Raises UsageError, which says the line."""
    document = Document(place, text, HELP)
    profile = document.into(Profile)
    for name in values or {}:
        if name not in profile.values:
            raise unknown("value", name, profile.values, f"[values] of {place}")
    profile = msgspec.structs.replace(profile, values={**profile.values, **(values or {})})
    for path, problem, remedy in _faults(profile):
        raise document.wrong(path, problem, remedy)
    return profile


@dataclass(slots=True)
class Filling:
    """Fills templates in with ``values``, whose variables come from ``environment``; ``secrets`` are what came of it.

    Raises UsageError for a variable that is not set.
    """

    values: Mapping[str, str]
    environment: Mapping[str, str]
    secrets: list[str] = field(default_factory=list)

    def ready(self) -> Mapping[str, str]:
        """Return the values without variables."""
        return {name: VARIABLE.sub(self._variable, value) for name, value in self.values.items()}

    def _variable(self, found: re.Match[str]) -> str:
        value = self.environment.get(found[1])
        if value is None:
            raise UsageError(f"the variable {found[1]} is not set", f"export {found[1]}=…")
        self.secrets.append(value)
        return value


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return ``template`` with the ``values`` that it names.

    >>> filled('{"id": {id}}', {"id": "7"})
    '{"id": 7}'
    """
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


# --- what the types do not forbid -------------------------------------------------------------------------------------

_Fault = tuple[KeyPath, str, str]
"""Where, what is wrong there, and what to do about it."""


def _faults(profile: Profile) -> Iterator[_Fault]:
    yield from _name_faults("subscription", SUBSCRIPTIONS, [each.name for each in profile.subscription])
    yield from _name_faults("kind", KINDS, [each.name for each in profile.kind])
    for index, subscription in enumerate(profile.subscription):
        yield from _subscription_faults(profile, ("subscription", index), subscription)
    for index, kind in enumerate(profile.kind):
        yield from _kind_faults(("kind", index), kind)
    if profile.bounds.heartbeat is not None and not any(kind.role == "heartbeat" for kind in profile.kind):
        remedy = 'say role = "heartbeat" of one, or leave the bound out'
        yield ("bounds", "heartbeat"), "no kind of message is a heartbeat", remedy
    if profile.bounds.delay is not None and not any(kind.time for kind in profile.kind):
        yield ("bounds", "delay"), "no kind of message says its time", "add time = … to one, or leave the bound out"


def _name_faults(key: str, most: int, names: Sequence[str]) -> Iterator[_Fault]:
    if not names:
        yield (key,), f"there is no [[{key}]]", f"describe one at least; {HELP}"
    if len(names) > most:
        yield (key,), f"there are {len(names)} [[{key}]], more than {most}", "leave some of them out"
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (key, index, "name"), f"the name '{name}' is taken", "give each a name of its own"


def _subscription_faults(profile: Profile, path: KeyPath, subscription: Subscription) -> Iterator[_Fault]:
    known = {"id", *profile.values}
    for key in ("send", "unsubscribe", "snapshot"):
        template: str | None = getattr(subscription, key)
        allowed = known if key == "send" else known | set(subscription.captures)
        for name in PLACEHOLDER.findall(template or ""):
            if name not in allowed:
                near = unknown("placeholder", name, sorted(allowed), f"it may be {', '.join(sorted(allowed))}; {HELP}")
                yield (*path, key), f"{{{name}}} is not known here", near.remedy
    if subscription.captures and subscription.acknowledged is None:
        remedy = "say acknowledged = { when = … }"
        yield (*path, "captures"), "captures are of a reply, and nothing says which that is", remedy
    names = [kind.name for kind in profile.kind]
    for name in subscription.kinds:
        if name not in names:
            yield (*path, "kinds"), f"there is no kind '{name}'", unknown("kind", name, names, "[[kind]]").remedy
    for key in ("acknowledged", "unsubscribed", "refused"):
        match: Match | None = getattr(subscription, key)
        if match is not None and not (match.when or match.has or match.types):
            yield (*path, key), f"{key} fits any message", "say when = …, has = … or types = …"


def _kind_faults(path: KeyPath, kind: Kind) -> Iterator[_Fault]:
    if not (kind.when or kind.has or kind.types):
        yield path, f"kind '{kind.name}' fits any message", "say when = …, has = … or types = …"
    needed: Mapping[Role, tuple[str, ...]] = {
        "snapshot": ("bids", "asks", "counter"),
        "delta": ("bids", "asks", "counter"),
        "block": ("hash", "parent", "number"),
        "log": ("hash", "identity"),
    }
    for key in needed.get(kind.role, ()):
        if not getattr(kind, key):
            yield (*path, "role"), f"a {kind.role} has no '{key}'", f"add {key} = … to kind '{kind.name}'"
    for key in ("sequence_from", "previous"):
        if getattr(kind, key) is not None and kind.sequence is None:
            word = key.replace("_", "-")
            yield (*path, word), f"{word} without sequence", "say where the number itself is"
    if kind.previous is not None and kind.sequence_from is not None:
        yield (*path, "previous"), "previous and sequence-from say the same", "leave one of them out"
    for pointer in (*kind.when, *kind.has, *kind.types):
        try:
            parse_pointer(pointer)
        except ValueError as error:
            yield path, f"'{visible(pointer, 100)}' is no JSON Pointer: {error}", "write for example /params/result"


# --- the schema -------------------------------------------------------------------------------------------------------


def schema() -> dict[str, object]:
    """Return the JSON Schema of a profile."""
    return schema_of(Profile, words="stream-profile:1", title="wsspec stream profile")


def schema_document() -> bytes:
    """Return the schema as it is published beside this module, in ``profile.schema.json``."""
    return published(schema())


if __name__ == "__main__":
    sys.stdout.buffer.write(schema_document())
