"""How a target is named: URLs and connection options, read into addresses and opening handshakes."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from ws_reports.escape import visible

from .head import TOKEN
from .model import Place
from .redaction import NO_SECRETS, Secrets, is_secret_field, secret_values
from .sockets import Address
from .usage import UsageError

_SECURE = {"ws": False, "wss": True, "http": False, "https": True, "ws+unix": False, "wss+unix": True}
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]*")
_FIELD_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connecting:
    """What the user says about connections to targets, besides their URLs.

    ``headers`` are lines "Name: value", or "Name: @VARIABLE" for a value from the environment, which is a secret then.
    ``ca`` is a file with the certificates of trusted authorities; ``insecure`` trusts everybody. ``secrets`` are parts
    of the URL and of headers that nobody may see.
    """

    headers: tuple[str, ...] = ()
    origin: str | None = None
    subprotocols: tuple[str, ...] = ()
    ca: Path | None = None
    insecure: bool = False
    server_name: str | None = None
    family: socket.AddressFamily = socket.AF_UNSPEC
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server to be judged. ``url`` is for people: it holds no secret."""

    url: str
    address: Address
    place: Place
    secrets: Secrets = NO_SECRETS


def parse_target(url: str, connecting: Connecting, environment: Mapping[str, str] = os.environ) -> Target:
    """Return the target that ``url`` names. Raises UsageError."""
    parts = _split(url)
    secure = _SECURE[parts.scheme]
    if parts.scheme.endswith("+unix"):
        path, _, resource = parts.path.partition(":")
        host, port, authority = "localhost", 0, "localhost"
        if not path or parts.netloc:
            raise UsageError(f"{_shown(url)} names no socket", "write ws+unix:///path/to.sock:/resource")
    else:
        path, resource = None, parts.path
        host, port = _host_and_port(url, parts, 443 if secure else 80)
        authority = _authority(host, port, 443 if secure else 80)
    resource = (resource or "/") + (f"?{parts.query}" if parts.query else "")
    if not _VISIBLE_ASCII.fullmatch(resource):
        raise UsageError(f"the path of {_shown(url)} holds more than ASCII", "write it as %XX (RFC 3986 §2.1)")
    fields, secrets = _fields(connecting, environment)
    secrets = secrets.and_values(secret_values(parts.query))
    return Target(
        url=secrets.hide_in_text(url),
        address=Address(
            host=host,
            port=port,
            path=path,
            tls=_tls(connecting) if secure else None,
            server_name=connecting.server_name or host,
            family=connecting.family,
        ),
        place=Place(host=authority, resource=resource, fields=fields),
        secrets=secrets,
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageError(f"{_shown(url)} is no URL ({error})", "write ws://HOST:PORT/path") from error
    if parts.scheme not in _SECURE:
        remedy = f"did you mean  ws://{visible(url, 100)} ?" if "://" not in url else f"use one of {', '.join(_SECURE)}"
        raise UsageError(f"{_shown(url)} does not begin with a known scheme", remedy)
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "a URL with a user name or password would end up in reports",
            "leave it out and give --header 'Authorization: @VARIABLE' (RFC 6455 §3 knows no userinfo either)",
        )
    if "#" in url:
        raise UsageError(f"{_shown(url)} has a fragment", "leave out '#' and what follows it, or write it as %23 (§3)")
    return parts


def _host_and_port(url: str, parts: SplitResult, default_port: int) -> tuple[str, int]:
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{_shown(url)}: {error}", "write ws://HOST:PORT/path") from error
    if not host or not _VISIBLE_ASCII.fullmatch(host):
        raise UsageError(f"{_shown(url)} names no host in ASCII", "write ws://HOST:PORT/path, names as xn--…")
    if port == 0:
        raise UsageError(f"{_shown(url)} has port 0", "give the port that the server listens on")
    return host, default_port if port is None else port


def _authority(host: str, port: int, default_port: int) -> str:
    """Return the value of the Host field: the port is there unless it is the scheme's own (§4.1)."""
    name = f"[{host}]" if _is_ipv6(host) else host
    return name if port == default_port else f"{name}:{port}"


def _is_ipv6(host: str) -> bool:
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is an IP address of this machine's own loop."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_on_this_machine(address: Address) -> bool:
    """Return whether whatever is done to ``address`` harms nobody else."""
    return address.path is not None or address.host == "localhost" or is_loopback(address.host)


def _fields(connecting: Connecting, environment: Mapping[str, str]) -> tuple[tuple[tuple[str, str], ...], Secrets]:
    """Return the field lines that every opening handshake gets, and which of them are secret."""
    fields = []
    secrets = Secrets(filled=tuple(value for value in connecting.secrets if value))
    for header in connecting.headers:
        name, value, from_environment = _field(header, environment)
        fields.append((name, value))
        if from_environment or is_secret_field(name) or any(secret in value for secret in secrets.filled):
            secrets = secrets.and_field(name, value)
    if connecting.origin is not None:
        fields.append(("Origin", _field_value("--origin", connecting.origin)))
    if connecting.subprotocols:
        _check_tokens(connecting.subprotocols)
        fields.append(("Sec-WebSocket-Protocol", ", ".join(connecting.subprotocols)))
    return tuple(fields), secrets


def _field(header: str, environment: Mapping[str, str]) -> tuple[str, str, bool]:
    """Return name and value of ``header``, and whether the value came from the environment."""
    name, colon, value = header.partition(":")
    if not colon or not TOKEN.fullmatch(name):
        raise UsageError("--header is not of the form 'Name: value'", "for example --header 'Authorization: @TOKEN'")
    value = value.strip()
    if not value.startswith("@"):
        return name, _field_value(f"--header {name}", value), False
    variable = value[1:]
    if variable not in environment:
        raise UsageError(f"--header {name}: the variable {visible(variable, 60)} is not set", f"export {variable}=…")
    return name, _field_value(f"--header {name}", environment[variable].strip()), True


def _field_value(option: str, value: str) -> str:
    if not _FIELD_VALUE.fullmatch(value):
        raise UsageError(f"the value of {option} is empty or holds more than printable ASCII", "give one line of ASCII")
    return value


def _check_tokens(subprotocols: Iterable[str]) -> None:
    for subprotocol in subprotocols:
        if not TOKEN.fullmatch(subprotocol):
            raise UsageError(f"--subprotocol {_shown(subprotocol)} is no token (§4.1)", "give one name each time")


def _tls(connecting: Connecting) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=connecting.ca)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"--ca {connecting.ca}: {error}", "give a file with certificates in PEM") from error
    context.set_alpn_protocols(["http/1.1"])
    if connecting.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _shown(url: str) -> str:
    return f"'{visible(url, 200)}'"
