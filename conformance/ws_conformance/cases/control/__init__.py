"""Cases of the area control."""

from ws_conformance.model import Case

CASES: tuple[Case, ...] = ()
