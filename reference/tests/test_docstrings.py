"""The examples in the reference's docstrings, many of which are the RFC's own."""

import doctest
from types import ModuleType

import pytest
from ws_reference import closing, deflate, deflate_negotiation, frames, headers, masking, utf8


@pytest.mark.parametrize("module", [frames, masking, closing, utf8, headers, deflate, deflate_negotiation])
def test_the_examples_in_the_docstrings_are_true(module: ModuleType) -> None:
    results = doctest.testmod(module)

    assert results.attempted > 0
    assert results.failed == 0
