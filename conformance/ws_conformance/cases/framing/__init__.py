"""Cases of the area framing."""

from ws_conformance.model import Case

CASES: tuple[Case, ...] = ()
