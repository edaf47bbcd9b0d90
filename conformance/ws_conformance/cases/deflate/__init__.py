"""Cases about permessage-deflate (RFC 7692, RFC 1951)."""

from . import agreed, data, frames, negotiation, negotiation_client, sent, sizes, takeover, undecodable

CASES = (
    *negotiation.CASES,
    *negotiation_client.CASES,
    *data.CASES,
    *frames.CASES,
    *takeover.CASES,
    *undecodable.CASES,
    *sent.CASES,
    *agreed.CASES,
    *sizes.CASES,
)

__all__ = ["CASES"]
