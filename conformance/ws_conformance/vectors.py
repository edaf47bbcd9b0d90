"""Test vectors: cases as data, to be run against any parser, in any language, without a socket (docs/vectors.md).

The types here are the format; ``vectors.schema.json`` beside this module is made from them. A document is one JSON
object. Within a version it only grows: a reader passes over fields it does not know, and must not pass over a ``do`` or
an ``is`` that it does not know. Bytes are a list of parts, of which most are lower-case hexadecimal.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from ws_reports.record import Level
from ws_reports.schemas import published, schema_of

FORMAT = "wsspec.vectors"
VERSION = 1

Hex = Annotated[str, Meta(pattern="^([0-9a-f]{2})*$")]
Count = Annotated[int, Meta(ge=0)]
Times = Annotated[int, Meta(ge=1)]
RequirementId = Annotated[str, Meta(pattern=r"^\d+/\d+(\.\d+)*/[a-z0-9.-]+$")]


class _Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """What has its default is left out, for most of a document would be defaults."""


class _Tagged(_Value, frozen=True, tag_field="is"):
    """One of several kinds of value; ``is`` says which."""


class _Step(_Value, frozen=True, tag_field="do"):
    """One of several kinds of step; ``do`` says which."""


# --- bytes ------------------------------------------------------------------------------------------------------------


class Repeat(_Tagged, frozen=True, tag="repeat"):
    """These bytes, so many times."""

    hex: Hex
    times: Times


class Slice(_Tagged, frozen=True, tag="slice"):
    """``length`` bytes of the document's ``blobs[blob]``, from byte ``start`` on, counted from 0.

    With ``mask``, four bytes, they are masked as in RFC 6455 §5.3, the first of them with the mask's first byte.
    """

    blob: str
    start: Count
    length: Count
    mask: Annotated[str, Meta(pattern="^[0-9a-f]{8}$")] | None = None


Filled = Literal[
    "key",
    "accept",
    "accept in lower case",
    "accept in upper case",
    "accept without padding",
    "accept without its first character",
    "accept in hexadecimal",
    "accept of the decoded key",
]


class Fill(_Tagged, frozen=True, tag="fill"):
    """What follows from the request that the implementation, a client, has sent.

    ``what`` is the Sec-WebSocket-Key of that request, the Sec-WebSocket-Accept that answers it, or a value that only
    looks like that one. ``of the decoded key`` is made from the 16 bytes of the key instead of its base64.
    """

    what: Filled


Part = Hex | Repeat | Slice | Fill
Data = tuple[Part, ...]
Blob = tuple[Hex | Repeat, ...]


# --- patterns: what an implementation may do --------------------------------------------------------------------------


class Expression(_Value, frozen=True):
    """A regular expression of ECMA-262 that has to match all of a text."""

    matches: str
    ignore_case: bool = False


class Opens(_Tagged, frozen=True, tag="opens"):
    """A server answers with status 101.

    ``accept`` is the Sec-WebSocket-Accept that this answer has to have. ``subprotocol`` is the value of
    Sec-WebSocket-Protocol, empty for "no such field". ``extensions`` is for what Sec-WebSocket-Extensions lists, joined
    by ", ", the parameters of each by "; ", without quotes and other white space, empty for "none". A field that is
    null asks for nothing.
    """

    accept: str | None = None
    subprotocol: str | None = None
    extensions: Expression | None = None


class FieldToken(_Value, frozen=True):
    """A header field; unless ``token`` is empty, its list holds that token, letter case aside."""

    name: str
    token: str = ""


class Refuses(_Tagged, frozen=True, tag="refuses"):
    """A server answers with another final status, from ``lowest`` to ``highest``, and these header fields."""

    lowest: int
    highest: int
    fields: tuple[FieldToken, ...] = ()


class Interim(_Tagged, frozen=True, tag="interim"):
    """A server sends an interim answer (1xx, but 101)."""

    status: int


class AnswersAgain(_Tagged, frozen=True, tag="answers again"):
    """Behind a refusal and its body, a server sends another answer, with a status from ``lowest`` to ``highest``."""

    lowest: int
    highest: int


class OfferLike(_Value, frozen=True):
    """What a client offers of permessage-deflate, each offer written like ``extensions`` of "opens".

    All offers match ``all``, and each expression of ``some`` is matched by one of them. ``none``: there is no offer.
    """

    all: Expression | None = None
    some: tuple[Expression, ...] = ()
    none: bool = False


class Requests(_Tagged, frozen=True, tag="requests"):
    """A client sends the request of its opening handshake.

    ``line`` is for the request line, ``first`` for the name of the first header field, letter case aside. ``fields``
    are there, and ``optional`` may be; the expression is for the values of all lines of that name, joined by ", ".
    ``without`` are not there. ``well_formed``: every line below the first is a header field, without CR or NUL in it.
    """

    line: Expression | None = None
    first: Expression | None = None
    fields: dict[str, Expression] = {}
    optional: dict[str, Expression] = {}
    without: tuple[str, ...] = ()
    well_formed: bool = False
    offers: OfferLike | None = None


class Message(_Tagged, frozen=True, tag="message"):
    """A whole message, in however many frames. ``type`` and ``payload`` are null where any will do."""

    type: Literal["text", "binary"] | None = None
    payload: Data | None = None


class Ping(_Tagged, frozen=True, tag="ping"):
    """A Ping, whatever is in it."""


class Pong(_Tagged, frozen=True, tag="pong"):
    """A Pong with this payload."""

    payload: Data


class Close(_Tagged, frozen=True, tag="close"):
    """A Close frame with one of ``codes``, of which null stands for an empty body; if ``negated``, with another.

    ``reason`` is null where any will do.
    """

    codes: tuple[int | None, ...]
    negated: bool = False
    reason: Data | None = None


class Ended(_Tagged, frozen=True, tag="ended"):
    """The implementation ends TCP. Once it has, this holds for all later steps as well."""


class Quiet(_Tagged, frozen=True, tag="quiet"):
    """Nothing more, although all that was sent so far has been taken in. Always the last pattern of its reaction."""


Pattern = Opens | Refuses | Interim | AnswersAgain | Requests | Message | Ping | Pong | Close | Ended | Quiet


# --- steps ------------------------------------------------------------------------------------------------------------


class Reaction(_Value, frozen=True):
    """A permitted reaction: patterns in order, and from which recommendations it departs (none: it is as wanted)."""

    name: str
    patterns: tuple[Pattern, ...]
    departs_from: tuple[RequirementId, ...] = ()


class Send(_Step, frozen=True, tag="send"):
    """The implementation is given these bytes, as they come from TCP: in one piece, or cut anywhere."""

    bytes: Data


class End(_Step, frozen=True, tag="end"):
    """The implementation is told that no more bytes will come."""


class LateAnswer(_Value, frozen=True):
    """A Close for a server that has sent one and waits, so that it may end TCP; it departs from ``departs_from``."""

    bytes: Data
    departs_from: tuple[RequirementId, ...]


class Expect(_Step, frozen=True, tag="expect"):
    """The implementation takes one of ``reactions``, and does nothing of what is in ``forbids``.

    If it does not, it departs from ``about``, or, where that is empty, from all of the vector's ``requirements``; with
    ``precondition``, nothing can be said instead. ``late_answer`` is to be sent, once, where nothing more comes, a
    Close was seen and no end yet.
    """

    reactions: tuple[Reaction, ...]
    about: tuple[RequirementId, ...] = ()
    forbids: tuple[Pattern, ...] = ()
    precondition: bool = False
    late_answer: LateAnswer | None = None


Step = Send | End | Expect


# --- vectors ----------------------------------------------------------------------------------------------------------


class Deflate(_Value, frozen=True):
    """What was agreed upon of permessage-deflate (RFC 7692 §7.1); 15 bits are the largest window."""

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: Annotated[int, Meta(ge=8, le=15)] = 15
    client_max_window_bits: Annotated[int, Meta(ge=8, le=15)] = 15


class Negotiated(_Value, frozen=True, rename={"permessage_deflate": "permessage-deflate"}):
    """What the opening handshake agreed upon. Null stands for "not in use"."""

    permessage_deflate: Deflate | None = None


class Vector(_Value, frozen=True, kw_only=True):
    """One case for an implementation in ``role``.

    ``id`` and ``revision`` are the case's; with ``role`` they name the vector. Of ``kind`` "handshake", it begins
    before the opening handshake, and ``negotiated`` is null; of kind "frames", right behind it. ``needs`` is what the
    implementation has to do besides reading: answer Pings, reply to messages, send them back, or know compression.
    """

    id: str
    revision: Times
    role: Literal["client", "server"]
    kind: Literal["handshake", "frames"]
    requirements: tuple[RequirementId, ...]
    because: str
    tags: tuple[str, ...] = ()
    needs: tuple[Literal["pong", "reply", "echo", "deflate"], ...] = ()
    negotiated: Negotiated | None = None
    steps: tuple[Step, ...]


class LeftOut(_Value, frozen=True):
    """A case, for an implementation in ``role``, that is not among the vectors, and why."""

    id: str
    role: Literal["client", "server"]
    reason: str


class Requirement(_Value, frozen=True):
    """What an RFC asks, in our words, where it can be read, and what a departure is worth.

    ``seen_in_bytes``: it is about the bytes that are sent, as masking is, and patterns only tell what these say. The
    suite holds them against it in every case; to whoever plays vectors, a pass says little or nothing of it.
    """

    level: Level
    grade: Literal["fail", "lenient", "info"]
    text: str
    url: str
    seen_in_bytes: bool = False


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """What made the vectors. ``catalogue`` is the SHA-256 of its catalogue of requirements, in hexadecimal."""

    version: str
    catalogue: Hex
    name: str = "wsspec"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Vectors, and all that they refer to: ``requirements`` by id, and ``blobs``, long bytes, by name."""

    format: Literal["wsspec.vectors"] = "wsspec.vectors"
    version: Literal[1] = 1
    suite: Suite
    requirements: dict[RequirementId, Requirement]
    blobs: dict[str, Blob]
    left_out: tuple[LeftOut, ...] = ()
    vectors: tuple[Vector, ...]


def encode(document: Document) -> bytes:
    """Return ``document`` as JSON in UTF-8, a line for each vector, so that two of them can be compared."""
    lines = b",\n".join(msgspec.json.encode(vector) for vector in document.vectors)
    fields = {name: getattr(document, name) for name in Document.__struct_fields__}
    return msgspec.json.encode({**fields, "vectors": msgspec.Raw(b"[\n" + lines + b"\n]")}) + b"\n"


def schema() -> dict[str, object]:
    """Return the JSON Schema of a document."""
    required = ("format", "version")
    return schema_of(Document, words=f"vectors:{VERSION}", title="wsspec test vectors", required=required)


def schema_document() -> bytes:
    """Return the schema as it is published beside this module, in ``vectors.schema.json``."""
    return published(schema())
