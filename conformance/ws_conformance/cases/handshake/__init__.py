"""The opening handshake, as a server reads and answers it (RFC 6455 §4.2)."""

from . import (
    answer,
    behind_refusal,
    body,
    client,
    connection,
    early_frames,
    expectation,
    extension,
    fields,
    form,
    host,
    http_version,
    incomplete,
    key,
    method,
    request_line,
    subprotocol,
    target,
    upgrade,
    version,
)

CASES = (
    *answer.CASES,
    *form.CASES,
    *request_line.CASES,
    *method.CASES,
    *target.CASES,
    *http_version.CASES,
    *host.CASES,
    *upgrade.CASES,
    *connection.CASES,
    *key.CASES,
    *version.CASES,
    *subprotocol.CASES,
    *extension.CASES,
    *client.CASES,
    *fields.CASES,
    *body.CASES,
    *expectation.CASES,
    *early_frames.CASES,
    *incomplete.CASES,
    *behind_refusal.CASES,
)

__all__ = ["CASES"]
