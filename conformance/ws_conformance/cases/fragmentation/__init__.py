"""Cases of the area fragmentation."""

from ws_conformance.model import Case

CASES: tuple[Case, ...] = ()
