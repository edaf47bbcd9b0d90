"""Masking, and where the keys come from."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ws_reference import speedups
from ws_reference.masking import BLOCK_LENGTH, KEYS_AT_A_TIME, LONGEST_NUMBER, mask, mask_octet_by_octet, masking_keys

LENGTHS = (LONGEST_NUMBER, LONGEST_NUMBER + 1, BLOCK_LENGTH - 1, BLOCK_LENGTH, BLOCK_LENGTH + 3, 2 * BLOCK_LENGTH + 1)
PAYLOADS = st.binary(max_size=100) | st.sampled_from(LENGTHS).map(lambda length: (b"payload" * length)[:length])
KEYS = st.binary(min_size=4, max_size=4)


@pytest.mark.parametrize("fast_mask", [mask, speedups.mask], ids=["plain", "C"])
@settings(deadline=None)
@given(payload=PAYLOADS, masking_key=KEYS)
def test_fast_masking_does_what_the_rfc_says(
    fast_mask: Callable[[bytes, bytes], bytes], payload: bytes, masking_key: bytes
) -> None:
    masked = fast_mask(payload, masking_key)

    assert type(masked) is bytes
    assert masked == mask_octet_by_octet(payload, masking_key)
    assert fast_mask(masked, masking_key) == payload


def test_keys_are_fresh_and_drawn_many_at_a_time() -> None:
    drawn: list[bytes] = []

    def entropy(length: int) -> bytes:
        drawn.append(Random(len(drawn)).randbytes(length))
        return drawn[-1]

    new_masking_key = masking_keys(entropy)
    keys = [new_masking_key() for _ in range(2 * KEYS_AT_A_TIME)]

    assert b"".join(keys) == b"".join(drawn)
    assert {len(key) for key in keys} == {4}
    assert len(drawn) == 2
