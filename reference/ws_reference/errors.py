"""The one error that this package raises: the caller asked for what the protocol forbids."""


class LocalProtocolError(Exception):
    """What was asked for would break the protocol. Nothing was sent; the connection goes on as before."""
