"""Which version of the suite this is."""

from __future__ import annotations


def suite_version() -> str:
    """Return the version of the installed distribution, or "unknown" where there is none."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return version("wsspec")
    except PackageNotFoundError:
        return "unknown"
