"""JSON Schemas of documents, made from the types that read them, so that the two cannot disagree."""

from collections.abc import Sequence
from inspect import cleandoc
from typing import Any

import msgspec


def schema_of(kind: type[msgspec.Struct], *, words: str, title: str, required: Sequence[str] = ()) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``kind``: ``urn:wsspec:`` with ``words`` behind it is its id.

    ``required`` fields have to be in a document although the type has a default for them.
    """
    _, components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    types = msgspec.json.decode(msgspec.json.encode(components))
    for described in types.values():
        # From 3.13 on the compiler takes the indentation out of docstrings; the schema is the same everywhere.
        described["description"] = cleandoc(described["description"])
    if required:
        types[kind.__name__]["required"] += required
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:wsspec:{words}",
        "title": title,
        "$ref": f"#/$defs/{kind.__name__}",
        "$defs": types,
    }


def published(schema: dict[str, Any]) -> bytes:
    """Return ``schema`` as the file that stands beside the module of its type."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
