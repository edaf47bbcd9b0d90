"""A word to the compiler mypyc, which not everybody has; without it the word means nothing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr as mypyc_attr
else:

    def mypyc_attr(**attributes):
        """Return a decorator of classes that changes nothing."""
        return lambda kind: kind
