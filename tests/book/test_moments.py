"""Addresses of moments, and what is refused as one."""

import pytest

from bookbuild.moments import address


def test_a_moment_is_written_as_the_stepper_reads_it():
    assert address({"operation": "h1", "ask": True}) == "#stepper=1&operation=h1&ask=true"
    assert address({"learning_rate": 0.1, "step": 50}) == "#stepper=1&learning_rate=0.1&step=50"
    assert address({"rates": [2, 31.5]}) == "#stepper=1&rates=2,31.5"
    assert address({"set": 7}) == "?set=7"


@pytest.mark.parametrize(
    "state, says",
    [
        ({"operation": "h3"}, "operation: got 'h3'; takes one of overview, h1"),
        ({"step": 10_001}, "step: got 10001; takes a whole number from 0"),
        ({"learning_rate": -1}, "learning_rate: "),
        ({"stride": 1}, "Stepper: got 'stride'"),
        ({"set": 0}, "set: got 0; takes a whole number from 1 to 9,999"),
        ({"set": 7, "step": 1}, "Stepper: got 'set'"),
    ],
)
def test_what_the_widget_would_refuse_is_no_moment(state, says):
    with pytest.raises((TypeError, ValueError), match=says):
        address(state)
