"""Cases of the area limits: large, many, slow, and broken off. They cost a target more than a moment."""

from ws_conformance.model import Case

from . import announced, ends, fragments, heads, messages, pings, slow

CASES: tuple[Case, ...] = (
    *messages.CASES,
    *fragments.CASES,
    *pings.CASES,
    *slow.CASES,
    *announced.CASES,
    *heads.CASES,
    *ends.CASES,
)
