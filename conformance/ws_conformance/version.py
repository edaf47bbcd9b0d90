"""Which version of the suite this is. The distribution takes it from here: to ask the installed one takes longer."""

from __future__ import annotations

__version__ = "0.1.0"


def suite_version() -> str:
    """Return the version of the suite."""
    return __version__
