"""`gameday rules test` beside `promtool test rules` on the same files, whole processes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHORT_RULES = [
    {"alert": "ServiceDown", "expr": "up == 0", "for": "1m"},
    {"alert": "HighErrorRate", "expr": 'rate(http_requests_total{status=~"5.."}[5m]) > 0.05', "for": "5m"},
    {"alert": "Latency", "expr": "histogram_quantile(0.95, rate(latency_seconds_bucket[5m])) > 0.4", "for": "10m"},
]


def _long_rules() -> list[dict[str, object]]:
    """Fifty rules such as teams have them, over counters, gauges and their sums."""
    shapes = [
        "rate(requests_total[5m]) > {}",
        "sum by (job) (rate(requests_total[5m])) > {}00",
        "load > {}",
        "avg_over_time(load[10m]) > {}",
        "sum(rate(errors_total[5m])) by (job) / sum(rate(requests_total[5m])) by (job) > 0.{}",
        "max by (job) (load) - min by (job) (load) > {}0",
        "increase(errors_total[1h]) > {}000",
        "up == 0",
        "delta(load[15m]) > {}",
        "max_over_time(load[30m]) > {}0",
    ]
    return [
        {"alert": f"Rule{number}", "expr": shapes[number % 10].format(number // 10 + 90), "for": "5m"}
        for number in range(50)
    ]


def _case(folder: Path, rules: list[dict[str, object]], series: list[dict[str, str]], until: str, step: str) -> Path:
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    question = {"alertname": rules[0]["alert"], "eval_time": until, "exp_alerts": []}
    test = {"interval": step, "input_series": series, "alert_rule_test": [question]}
    path = folder / "test.yml"
    path.write_text(json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": step, "tests": [test]}))
    return path


def _short(folder: Path) -> Path:
    series = [
        *({"series": f'up{{instance="{number}"}}', "values": "1x360"} for number in range(2)),
        *({"series": f'http_requests_total{{status="{status}"}}', "values": "0+1x360"} for status in (200, 404, 500)),
        *(
            {"series": f'latency_seconds_bucket{{le="{bound}"}}', "values": f"0+{place + 1}x360"}
            for place, bound in enumerate(("0.1", "0.2", "0.4", "0.8", "+Inf"))
        ),
    ]
    return _case(folder, SHORT_RULES, series, "90m", "15s")  # type: ignore[arg-type]


def _long(folder: Path) -> Path:
    series = []
    for number in range(50):
        labels = f'job="job{number % 5}",instance="{number}"'
        series += [
            {"series": f"requests_total{{{labels}}}", "values": f"0+{number % 7 + 1}x2880"},
            {"series": f"errors_total{{{labels}}}", "values": f"5+{number % 3}x2880"},
            {"series": f"load{{{labels}}}", "values": " ".join(f"{n}+0.25x59" for n in range(48))},
            {"series": f"up{{{labels}}}", "values": "1x2880"},
        ]
    return _case(folder, _long_rules(), series, "24h", "30s")


def _measure(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


def main() -> None:
    """Print both times and their ratio."""
    promtool = shutil.which("promtool")
    gameday = Path(sys.executable).with_name("gameday")
    cases = (("3 rules, 90 min at 15 s, 10 series", _short, 15), ("50 rules, 24 h at 30 s, 200 series", _long, 1))
    for name, make, rounds in cases:
        with tempfile.TemporaryDirectory() as folder:
            path = str(make(Path(folder)))
            # Machines are shared and noisy, so both take turns and the least time of each counts.
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(_measure([str(gameday), "rules", "test", "--prometheus", "2.42", path]))
                if promtool is not None:
                    theirs.append(_measure([promtool, "test", "rules", path]))
            told = f", promtool {min(theirs):.2f} s: {min(theirs) / min(ours):.1f} times as fast" if theirs else ""
            print(f"{name}: gameday {min(ours):.2f} s{told}")


if __name__ == "__main__":
    main()
