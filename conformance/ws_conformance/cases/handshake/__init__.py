"""Cases of the area handshake."""

from ws_conformance.model import Case

CASES: tuple[Case, ...] = ()
