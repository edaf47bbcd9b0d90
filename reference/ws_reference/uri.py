"""WebSocket URIs: what a client is asked to open, and what that asks of the server (RFC 6455 §3, RFC 3986).

A URI outside the grammar is the caller's fault, so it is refused with an error, and nothing goes over the wire for it.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

from ws_reference.errors import LocalProtocolError

DEFAULT_PORTS = {False: 80, True: 443}
"""§3: the port of a URI that names none, by whether it is a secure one."""

_PARTS = re.compile(
    r"(?P<scheme>[^:/?#]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(\?(?P<query>[^#]*))?(?P<fragment>#.*)?"
)
_HOST = re.compile(r"([A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_PATH = re.compile(r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*")
_QUERY = re.compile(r"([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class WebSocketUri:
    """The parts of a URI that an opening handshake is made of. ``host`` is in brackets if it is an IPv6 address."""

    secure: bool
    host: str
    port: int
    resource_name: str

    @property
    def authority(self) -> str:
        """§4.1 item 4: what Host says, which leaves out the default port.

        >>> parse_uri("ws://[::1]:8080/chat").authority, parse_uri("wss://server.example:443").authority
        ('[::1]:8080', 'server.example')
        """
        return self.host if self.port == DEFAULT_PORTS[self.secure] else f"{self.host}:{self.port}"


def parse_uri(uri: str) -> WebSocketUri:
    """Return the parts of ``uri``. LocalProtocolError, which says why, if it is no WebSocket URI.

    >>> parse_uri("ws://server.example/chat?room=1").resource_name
    '/chat?room=1'
    """
    parts = _PARTS.fullmatch(uri)
    if parts is None or parts["scheme"].lower() not in ("ws", "wss"):
        raise LocalProtocolError(f"{uri!r} does not begin with ws:// or wss:// (§3)")
    if parts["fragment"] is not None:
        raise LocalProtocolError(f"{uri!r} has a fragment, which means nothing here (§3)")
    secure = parts["scheme"].lower() == "wss"
    host, port = read_authority(parts["authority"], DEFAULT_PORTS[secure])
    return WebSocketUri(secure, host, port, resource_name(parts["path"], parts["query"]))


def read_authority(authority: str, default_port: int) -> tuple[str, int]:
    """RFC 3986 §3.2: a host and, perhaps, a port. §3 has no place for user information."""
    host, colon, port = authority.rpartition(":") if not authority.endswith("]") else (authority, "", "")
    if not colon:
        host, port = authority, ""
    if not (_HOST.fullmatch(host) or is_ipv6(host)):
        raise LocalProtocolError(f"{authority!r} does not begin with a host (RFC 3986 §3.2.2)")
    if port and not (port.isascii() and port.isdigit() and int(port) <= 0xFFFF):
        raise LocalProtocolError(f"{port!r} is no port (RFC 3986 §3.2.3)")
    return host, int(port) if port else default_port


def is_ipv6(host: str) -> bool:
    """RFC 3986 §3.2.2: an IPv6 address stands in brackets."""
    try:
        return host[:1] == "[" and host[-1:] == "]" and bool(IPv6Address(host[1:-1]))
    except AddressValueError:
        return False


def resource_name(path: str, query: str | None) -> str:
    """§3: a path, a slash if it is empty, and a query if that is not empty."""
    if not (_PATH.fullmatch(path) and _QUERY.fullmatch(query or "")):
        raise LocalProtocolError(f"the path {path!r} or the query {query!r} has characters that no URI may hold")
    return (path or "/") + (f"?{query}" if query else "")
