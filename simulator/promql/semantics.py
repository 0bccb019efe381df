"""Where versions of Prometheus differ, each difference under a name of its own."""

from __future__ import annotations

import re

from simulator.promql.errors import PromqlError

NEWEST = "3.14"
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.\d+)?")

LOOKBACK_MS = 300_000
"""How long an instant selector goes on returning a sample: Prometheus's default `--query.lookback-delta`."""

DEFAULT_STEP_MS = 60_000
"""The step of a subquery that gives none: Prometheus's default evaluation interval."""


class Semantics:
    """The rules that one version of Prometheus evaluates by."""

    __slots__ = (
        *(
            "arc_tangent_drops_name",
            "compensated_mean",
            "compensated_sum",
            "dot_matches_newline",
            "durations_are_numbers",
            "fuzzy_compare",
        ),
        *(
            "group_labels",
            "interval_defaults",
            "start_timestamp",
            "histogram_fractions",
            "left_open",
            "many_side_checked_first",
            "query_offset",
            "small_deltas_ignored",
        ),
        *("utf8_names", "variance_of_nothing_finite", "zero_point_after_threshold"),
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
        self.arc_tangent_drops_name = number >= (3, 0)
        self.durations_are_numbers = number >= (2, 54)
        """``[300]`` is a range of five minutes, and ``5m`` is the number 300."""
        self.compensated_mean = number >= (2, 55)
        """A mean is a compensated sum divided once, unless that overflows; before, it was moved by each value."""
        self.compensated_sum = number >= (2, 54)
        """The aggregation `sum` makes up for what additions lose."""
        self.variance_of_nothing_finite = number >= (2, 54)
        """The variance of a single element that is infinite or NaN is NaN; before, it was 0 as of any single one."""
        self.utf8_names = number >= (3, 0)
        """Any text may name a label or a metric."""
        self.histogram_fractions = number >= (3, 4)
        """`histogram_fraction` reads classic histograms."""
        self.group_labels = number >= (3, 0)
        """Rule groups may have labels."""
        self.query_offset = number >= (2, 53)
        """Rule groups may look at the past."""
        self.interval_defaults = number >= (2, 54)
        """A unit test without an interval uses the evaluation interval; before, all samples were at time zero."""
        self.fuzzy_compare = number >= (3, 0)
        """Unit-test files may ask for values to be compared with the neighbouring floats, too."""
        self.start_timestamp = number >= (3, 0)
        """Unit tests may begin at another time than the epoch."""
