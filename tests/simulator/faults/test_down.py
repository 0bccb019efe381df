"""A service that is down fails every request and cannot be scraped."""

from __future__ import annotations

import random

from simulator.faults.down import Down


def test_it_is_down_from_beginning_to_end() -> None:
    [(at, _, change)] = Down(status=503).levels(random.Random(1), 600_000)
    assert (at, change.error_ratio, change.status, change.down) == (0, 1.0, 503, True)
    assert Down().worst() == change
