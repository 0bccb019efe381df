"""Random series and expressions, from seeded generators."""

from __future__ import annotations

from random import Random

from simulator.promql.series import STALE, Labels, make_labels

STEP_MS = 15_000

_BOUNDS = ("0.1", "0.5", "1", "2.5", "+Inf")


def random_series(random: Random, length: int) -> dict[Labels, list[float | None]]:
    """Values at each step of counters, gauges and histograms, with resets, gaps and stale markers."""
    found: dict[Labels, list[float | None]] = {}
    for instance in ("a", "b"):
        for status in ("200", "500", "503"):
            if random.random() < 0.8:
                labels = make_labels({"__name__": "requests_total", "instance": instance, "status": status}.items())
                found[labels] = _holes(random, _counter(random, length, random.choice([0.2, 1, 30])))
        up = make_labels({"__name__": "up", "instance": instance, "job": "api"}.items())
        found[up] = _holes(random, [float(random.random() < 0.8) for _ in range(length)])
        load = make_labels({"__name__": "load", "instance": instance, "zone": random.choice("xy")}.items())
        found[load] = _holes(random, [round(random.uniform(-3, 3), 2) for _ in range(length)])
        total: list[float] = [0.0] * length
        holes = random.random() < 0.3
        for bound in _BOUNDS:
            total = [one + other for one, other in zip(total, _counter(random, length, 2, resets=False), strict=True)]
            labels = make_labels({"__name__": "latency_bucket", "instance": instance, "le": bound}.items())
            found[labels] = _holes(random, total) if holes else list(total)
    return found


def _counter(random: Random, length: int, rate: float, *, resets: bool = True) -> list[float]:
    values, value = [], float(random.choice([0, 0, 5, 1000]))
    for _ in range(length):
        value = 0.0 if resets and random.random() < 0.03 else value + random.randrange(int(2 * rate) + 2)
        values.append(value)
    return values


def _holes(random: Random, values: list[float]) -> list[float | None]:
    holed: list[float | None] = list(values)
    for _ in range(random.choice([0, 0, 1, 3])):
        start = random.randrange(len(holed))
        end = start + random.choice([1, 3, 8, 30])
        filler = [STALE, *[None] * (end - start - 1)] if random.random() < 0.5 else [None] * (end - start)
        holed[start:end] = filler[: len(holed[start:end])]
    return holed


def random_expression(random: Random) -> str:
    """A vector expression over those series."""
    return random.choice([_simple, _simple, _aggregated, _matched, _compared, _matched, _further, _further])(random)


def _further(random: Random) -> str:
    """The rest of the language."""
    inner = random.choice([_simple, _simple, _aggregated])(random)
    window = random.choice(["30s", "1m", "3m"])
    at = random.choice(["", "", " @ 300", " @ start()", " @ end()", " @ 120 offset 1m", " offset -1m"])
    element = random.choice(
        [
            *("abs", "ceil", "floor", "sqrt", "ln", "log2", "log10", "exp", "sgn", "sin", "cos", "tan", "asin", "acos"),
            *("atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad", "minute", "hour", "day_of_week"),
            *("day_of_month", "day_of_year", "days_in_month", "month", "year", "timestamp", "sort", "sort_desc"),
        ]
    )
    outer = random.choice(["avg", "sum", "min", "max", "count", "last", "stddev", "stdvar", "present"])
    return random.choice(
        [
            f"{element}({inner})",
            f"{element}(load * 86400 * 100)",
            f"round({inner}, {random.choice(['1', '0.1', '5', '0'])})",
            f"clamp({inner}, {random.choice(['0', '1', '-1'])}, {random.choice(['0.5', '2'])})",
            f"{random.choice(['deriv', 'idelta', 'stddev_over_time', 'stdvar_over_time'])}(load[{window}]{at})",
            f"predict_linear(load[{window}]{at}, {random.choice(['60', '3600', '-30'])})",
            f"quantile_over_time({random.choice(['0.5', '0.9', '-1', '2'])}, load[{window}]{at})",
            f'absent_over_time(up{{instance="{random.choice("abc")}"}}[{window}]{at})',
            f"{outer}_over_time(({inner})[{window}:{random.choice(['15s', '20s', '', '7s'])}]{at})",
            f"rate(requests_total[{window}]{at})",
            f"load{at}",
            f"quantile by (instance) ({random.choice(['0.3', '1', '-0.1'])}, {inner})",
            f"{random.choice(['stddev', 'stdvar', 'group'])} without (status) ({inner})",
            f'count_values by (job) ("value", {inner})',
            f"topk(100, {inner})",
            f"bottomk by (job) (1, load{at})",
            f'label_replace({inner}, "{random.choice(["copy", "zone"])}", "${{1}}-$2x", "instance", "(.)(.*)")',
            f'label_join({inner}, "joined", "-", "instance", "zone")',
            "load atan2 on (instance) group_left up",
            f"time() - timestamp({random.choice(['up', 'load', '-load'])})",
            f"({inner}) * pi() ^ 2 % 3",
        ]
    )


def _simple(random: Random) -> str:
    window = random.choice(["15s", "30s", "1m", "2m", "5m", "7m10s"])
    offset = random.choice(["", "", "", " offset 1m", " offset 20s", " offset -30s"])
    counter = "requests_total" + random.choice(["", '{status=~"5.*"}', '{status!="200"}', '{status!~"50."}'])
    function = random.choice(
        [
            *("rate", "increase", "delta", "irate", "changes", "resets", "avg_over_time", "sum_over_time"),
            *("min_over_time", "max_over_time", "count_over_time", "last_over_time", "present_over_time"),
        ]
    )
    return random.choice(
        [
            f"{function}({counter}[{window}]{offset})",
            f"{function}(load[{window}]{offset})",
            f"load{offset}",
            f"up{offset}",
            f"histogram_quantile({random.choice(['0.5', '0.95', '0', '1', '2'])}, rate(latency_bucket[{window}]))",
            f"histogram_quantile(0.9, sum by (le) (rate(latency_bucket[{window}])))",
            f"clamp_min(load{offset}, {random.choice(['0', '1.5'])})",
            f"clamp_max(load{offset}, -0.5)",
            f'absent(up{{instance="{random.choice("abc")}"}})',
            "vector(scalar(load))",
            "-load",
            "vector(time() / 60)",
        ]
    )


def _aggregated(random: Random) -> str:
    operator = random.choice(["sum", "avg", "min", "max", "count"])
    grouping = random.choice(
        ["", " by (instance)", " without (instance)", " by (status, zone)", " without (le, status)"]
    )
    return f"{operator}{grouping} ({_simple(random)})"


def _matched(random: Random) -> str:
    operator = random.choice(["+", "-", "*", "/", "%", "^", ">", "== bool", "<=", "and", "or", "unless"])
    return random.choice(
        [
            f"sum by (instance) ({_simple(random)}) {operator} on (instance) max by (instance) ({_simple(random)})",
            f"load {operator} ignoring (zone, job) up",
            f"rate(requests_total[2m]) {_grouped(random)} sum by (instance) (increase(requests_total[5m]))",
            f"load {random.choice(['*', '>'])} on (instance) group_left (job) up",
            f"up {random.choice(['-', '!='])} on (instance) group_right (job) load",
            f"({_simple(random)}) {operator} ({_simple(random)})",
        ]
    )


def _grouped(random: Random) -> str:
    return random.choice(["/ on (instance) group_left", "> ignoring (status) group_left", "and on (instance)"])


def _compared(random: Random) -> str:
    comparison = random.choice(["==", "!=", ">", "<", ">=", "<=", "> bool", "== bool"])
    limit = random.choice(["0", "1", "0.2", "-1"])
    inner = random.choice([_simple, _aggregated])(random)
    return random.choice([f"({inner}) {comparison} {limit}", f"{limit} {comparison} ({inner})"])
