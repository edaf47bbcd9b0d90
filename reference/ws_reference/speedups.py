"""Masking in C, borrowed from the package websockets: ``pip install wsspec[speedups]``.

``Connection(role, mask=mask)`` with this ``mask`` does the same as without, and masks long payloads a dozen times as
fast. Whatever else a connection does needs no C to be fast.
"""

from websockets.speedups import apply_mask as mask

__all__ = ["mask"]
