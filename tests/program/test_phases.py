"""Steps stand in the order in which a request meets them (OR-1, DES-2), whatever the configuration."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.live.mutations import CONFIGS, laid_out


@pytest.mark.parametrize("config", CONFIGS)
def test_steps_are_in_the_order_of_their_phases(config: str) -> None:
    """DES-2: each has one, and each says of which lines it was made, or stands for a default."""
    with laid_out(config) as loaded:
        program = loaded.require()
    steps = [step for host in program.hosts for cell in host.shape.cells for step in cell.steps]
    assert len({step.phase for step in steps}) > 2
    for host in program.hosts:
        for cell in host.shape.cells:
            assert all(one.phase <= next.phase for one, next in pairwise(cell.steps)), cell.path
    assert sum(bool(step.said_by) for step in steps) > len(steps) / 2
