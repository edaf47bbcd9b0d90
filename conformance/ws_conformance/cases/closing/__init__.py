"""Cases of the area closing."""

from ws_conformance.model import Case

CASES: tuple[Case, ...] = ()
