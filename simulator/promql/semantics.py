"""Where versions of Prometheus differ, each difference under a name of its own."""

from __future__ import annotations

import re

from simulator.promql.errors import PromqlError

NEWEST = "3.14"
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.\d+)?")

LOOKBACK_MS = 300_000
"""How long an instant selector goes on returning a sample: Prometheus's default `--query.lookback-delta`."""


class Semantics:
    """The rules that one version of Prometheus evaluates by."""

    __slots__ = (
        "dot_matches_newline",
        "left_open",
        "many_side_checked_first",
        "small_deltas_ignored",
        "zero_point_after_threshold",
    )

    def __init__(self, version: str = NEWEST) -> None:
        """PromqlError when `version` is not written like ``2.42`` or ``3.14.0``."""
        match = _VERSION.fullmatch(version)
        if match is None:
            raise PromqlError(f'not a version of Prometheus: "{version}"; expected one such as 2.42')
        number = (int(match[1]), int(match[2]))
        self.left_open = number >= (3, 0)
        """Ranges and the lookback leave out a sample exactly on their left edge."""
        self.dot_matches_newline = number >= (3, 0)
        self.zero_point_after_threshold = number >= (2, 51)
        """How far `rate` extrapolates is chosen first and only then limited by where the counter was zero."""
        self.many_side_checked_first = number >= (3, 9)
        """Two elements for one are an error even if a comparison would have filtered all but one of them away."""
        self.small_deltas_ignored = number >= (2, 49)
        """`histogram_quantile` takes bucket counts that differ by rounding only for equal."""
