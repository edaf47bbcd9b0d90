"""TLS as a Peer around a Peer: records outside, what the inner one says and hears inside. No I/O here either.

So what a peer does with TLS, down to the alert at its end, is seen as the rest is: in memory, and over sockets.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ws_conformance.model import Certificate
from ws_conformance.peer import Chunk, Peer, Secured, Signal

if TYPE_CHECKING:
    import trustme

READ_BYTES = 65_536
"""How many bytes are taken out of TLS at once."""

HANDSHAKE = 0x16
"""The type of the first record that a client sends."""

NAMES = ("localhost", "127.0.0.1", "::1")
"""What the certificates of ``authority`` are for."""


class OverTls:
    """``inner`` over TLS, as the server; or as a client that asks for ``server_name``, and says so if it ``indicates``.

    As a server it lets those pass through who do not speak TLS at all, so that ``inner`` can tell what they say.
    """

    def __init__(
        self, inner: Peer, context: ssl.SSLContext, *, server_name: str | None = None, indicates: bool = True
    ) -> None:
        self._inner = inner
        self._is_server = server_name is None
        if self._is_server:
            context.sni_callback = _note_server_name
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._received,
            self._to_send,
            server_side=self._is_server,
            server_hostname=server_name if indicates else None,
        )
        self._is_in_clear: bool | None = None if self._is_server else False
        self._is_secure = False
        self._heard_end = False
        self._said_farewell = False
        self._has_failed = False

    def receive(self, chunk: Chunk, now: float) -> None:
        """Take in records, or an end of TCP."""
        if self._is_in_clear is None and isinstance(chunk, bytes):
            self._is_in_clear = chunk[0] != HANDSHAKE
        if self._is_in_clear:
            self._inner.receive(chunk, now)
        elif self._heard_end:
            return
        elif isinstance(chunk, bytes):
            self._received.write(chunk)
            self._advance(now)
        elif chunk is Signal.RESET:
            self._hear_end(Signal.RESET, now)
        else:
            self._received.write_eof()
            self._advance(now)

    def transmit(self, now: float) -> list[Chunk]:
        """Return records, and whatever ends TCP."""
        if self._is_in_clear:
            return self._inner.transmit(now)
        if not self._is_secure and not self._heard_end:
            self._advance(now)
        said: list[Chunk] = []
        for chunk in self._inner.transmit(now) if self._is_secure or self._heard_end or self._is_server else ():
            if isinstance(chunk, bytes):
                self._write(chunk)
            elif isinstance(chunk, Signal):
                said += self._end(chunk)
        records = self._to_send.read()
        if self._has_failed:
            said.append(Signal.END)
            self._has_failed = False
        return [records, *said] if records else said

    def next_deadline(self) -> float | None:
        return self._inner.next_deadline()

    # --- what comes in ---

    def _advance(self, now: float) -> None:
        """Go on with what has come: first the handshake, then what is inside."""
        if not self._is_secure and not self._shake_hands(now):
            return
        while not self._heard_end:
            try:
                inside = self._tls.read(READ_BYTES) if not self._said_farewell else self._await_farewell()
            except ssl.SSLWantReadError:
                return
            except ssl.SSLZeroReturnError:
                self._hear_end(Signal.END, now)
            except ssl.SSLError:  # what follows is no record, or TCP ended in the middle of one
                self._hear_end(Signal.TRUNCATED, now)
            else:
                if inside:
                    self._inner.receive(inside, now)
                else:
                    self._hear_end(Signal.TRUNCATED, now)

    def _await_farewell(self) -> bytes:
        """Wait for the other end's alert, our own having been said. Raises what a read would."""
        self._tls.unwrap()
        raise ssl.SSLZeroReturnError

    def _shake_hands(self, now: float) -> bool:
        """Go on with the handshake; return whether it is done. Where it fails, nothing was ever said inside."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            if self._received.eof:
                self._hear_end(Signal.END, now)
            return False
        except ssl.SSLError:
            self._has_failed = True
            self._hear_end(Signal.END, now)
            return False
        self._is_secure = True
        if self._is_server:
            self._inner.receive(Secured(self._tls.version() or "TLS", _ASKED_FOR.get(self._tls)), now)
        return True

    def _hear_end(self, end: Signal, now: float) -> None:
        self._heard_end = True
        self._inner.receive(end, now)

    # --- what goes out ---

    def _write(self, inside: bytes) -> None:
        with contextlib.suppress(ssl.SSLError):  # the other end may have closed TLS, and hears nothing any more
            self._tls.write(inside)

    def _end(self, signal: Signal) -> list[Chunk]:
        """Announce the end of TLS before an end of TCP. Half an end is the alert alone; a reset is not announced."""
        if signal is not Signal.RESET and self._is_secure:
            self._say_farewell()
        return [] if signal is Signal.HALF_END else [signal]

    def _say_farewell(self) -> None:
        self._said_farewell = True
        with contextlib.suppress(ssl.SSLError):  # our alert is on its way, and nobody waits here for the other one
            self._tls.unwrap()


_ASKED_FOR: WeakKeyDictionary[object, str | None] = WeakKeyDictionary()
"""The server name in the ClientHello of each connection, for which a context can be asked only once."""


def _note_server_name(tls: object, name: str | None, context: ssl.SSLContext) -> None:
    """RFC 6455 §4.1 item 5: keep what a client asked for in its ClientHello."""
    _ASKED_FOR[tls] = name


@cache
def authority() -> trustme.CA:
    """Return an authority made for this process; its certificates are for NAMES. ImportError without trustme."""
    import trustme

    return trustme.CA(organization_name="wsspec")


@cache
def authority_file() -> str:
    """Return the path of a file with the certificate of ``authority``, in PEM, there until this process ends."""
    file = tempfile.NamedTemporaryFile(prefix="wsspec-", suffix=".pem")  # noqa: SIM115 (it lives as long as we do)
    _KEPT.append(file)
    file.write(authority().cert_pem.bytes())
    file.flush()
    return file.name


_KEPT: list[object] = []


def can_certify() -> bool:
    """Return whether certificates can be made: that takes trustme, of the extra ``tls``."""
    try:
        authority()
    except ImportError:
        return False
    return True


def trusting(inner: Peer, server_name: str, context: ssl.SSLContext | None = None) -> Peer:
    """Return ``inner`` as a client over TLS that asks for ``server_name`` and trusts ``authority``, or ``context``."""
    if context is None:
        context = trusting_authority()
    return OverTls(inner, context, server_name=server_name)


def trusting_authority() -> ssl.SSLContext:
    """Return a context that trusts ``authority`` alone; to read the system's authorities would take 60 ms each time."""
    return ssl.create_default_context(cadata=authority().cert_pem.bytes().decode("ascii"))


@cache
def _certified(certificate: Certificate) -> ssl.SSLContext:
    import trustme

    made_by = trustme.CA() if certificate is Certificate.UNKNOWN_ISSUER else authority()
    names = ("other.example",) if certificate is Certificate.OTHER_NAME else NAMES
    until = datetime.now(UTC) - timedelta(days=1) if certificate is Certificate.EXPIRED else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate is Certificate.OLD_VERSION:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with warnings.catch_warnings():  # that this version is not to be used any more is the point
            warnings.simplefilter("ignore", DeprecationWarning)
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    made_by.issue_cert(*names, not_after=until).configure_cert(context)
    return context


def certified(inner: Peer, certificate: Certificate) -> Peer:
    """Return ``inner`` as a server over TLS that shows this certificate."""
    return OverTls(inner, _certified(certificate))
