"""A drill watched by a real Prometheus and a real Alertmanager: they fire and notify when the project says.

Both run for a drill of less than a minute, on loopback. What Prometheus scraped, and when it evaluated, is read from
its database; the project's engine evaluates the same rules at the same moments on the same samples, and its model of
Alertmanager says when to notify. The drill's own alerts, on its own scrapes, may differ by a scrape and an evaluation.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import scenarios
from drills.exposition import open_metrics, page
from drills.runner import play, prepare
from drills.watch import watch as watch_drill
from drills.watched import WatchedDrill
from scenarios.documents import parse_document, scan_document, scan_file
from scenarios.problems import InputError
from simulator.alertmanager.reading import read_alertmanager
from simulator.notification import Notification
from simulator.promql.series import NAME, STALE, Labels, Series, SeriesStore, make_labels
from simulator.rules import RuleSet, Transition, compile_rules, evaluate_together
from tests.builders import organization
from tests.simulator.bench import Bench

LIBRARY = Path(scenarios.__file__).parent
DURATION_S = 45
INTERVAL_MS = 1_000

# The seed's rules wait for minutes; a thirtieth of that is enough here.
SEED_DURATIONS = {"[5m]": "[10s]", "for: 1m": "for: 2s", "for: 5m": "for: 10s", "for: 10m": "for: 20s"}
TICKS = ("more:ticks", "seed:ticks")
"""What is recorded at each evaluation of the two groups."""
SEED_ALERTS = ("ServiceDown", "HighErrorRate", "VoiceServiceLatency")
FAILED = 'http_requests_total{status=~"5.."}'
MORE_RULES = [
    {"record": "more:ticks", "expr": "vector(1)"},
    {"record": "job:errors:rate4s", "expr": f"sum by (job) (rate({FAILED}[4s]))"},
    {"alert": "Unreachable", "expr": "up == 0"},
    {"alert": "FewTargets", "expr": 'count(up{job!="gameday"} == 1) < 4', "for": "3s"},
    {
        "alert": "ApiGone",
        "expr": 'absent(up{job="seiketsu-api"} == 1) and on () count(up) > 0',
        "for": "1s",
        "keep_firing_for": "3s",
    },
    {"alert": "ErrorShare", "expr": "job:errors:rate4s / sum by (job) (rate(http_requests_total[4s])) > 0.05"},
    {"alert": "ManyErrors", "expr": f"increase({FAILED}[6s]) > 3", "for": "2s", "keep_firing_for": "4s"},
    {"alert": "Recorded", "expr": 'job:errors:rate4s{job="seiketsu-voice"} > 1', "for": "5s"},
    {
        "alert": "SlowVoice",
        "expr": "histogram_quantile(0.9, sum by (le) (rate(voice_processing_duration_seconds_bucket[5s]))) > 3",
    },
    {"alert": "Flapped", "expr": "changes(up[8s]) > 0"},
    {"alert": "MostlyDown", "expr": 'avg_over_time(up{job="seiketsu-api"}[5s]) < 0.5'},
    {"alert": "Storm", "expr": 'count(ALERTS{alertstate="firing"}) > 4'},
]
# Evaluations are a second apart: a group is never told of in the moment in which they may add to it.
ALERTMANAGER = """
route:
  receiver: gameday
  group_by: [alertname]
  group_wait: 1300ms
  group_interval: 2s
  repeat_interval: 1h
receivers:
  - name: gameday
    webhook_configs: [{url: "%s", send_resolved: true}]
"""
SCENARIO = f"""
scenario: watched
title: Voice fails, then the API is gone
codename: birch
organization: ./own
difficulty: 1
starts_at: 2025-08-06T14:00:00Z
duration: {DURATION_S}s
brief: Something may happen.
severity: P1
faults:
  - {{id: errors, on: elevenlabs, kind: burst_errors, at: 5s, for: 30s, status: 503, mean_good: 1s, mean_bad: 20s,
     error_ratio: {{good: 0.9, bad: 0.9}}}}
  - {{id: slow, on: voice, kind: latency, at: 8s, for: 34s, added: 3s}}
  - {{id: down, on: api, kind: down, at: 14s, for: 12s}}
criteria:
  detected: {{within: 30s, from: impact}}
"""


def make_drill(folder: Path, version: str) -> Path:
    """An organisation with short intervals and all of these rules, and a scenario for it."""
    own = folder / "own"
    shutil.copytree(LIBRARY / "seiketsu", own)
    rules = (own / "alert-rules.yaml").read_text(encoding="utf-8")
    for written, short in SEED_DURATIONS.items():
        assert written in rules
        rules = rules.replace(written, short)
    ticks = "\n      - {record: 'seed:ticks', expr: 'vector(1)'}\n"
    (own / "alert-rules.yaml").write_text(rules.rstrip() + ticks, encoding="utf-8")
    (own / "more.yaml").write_text(json.dumps({"groups": [{"name": "more", "rules": MORE_RULES}]}), encoding="utf-8")
    (own / "alertmanager.yml").write_text(ALERTMANAGER % "http://127.0.0.1:1/alerts", encoding="utf-8")
    data = deepcopy(parse_document((own / "organization.yaml").read_text(encoding="utf-8"), "organization.yaml").data)
    for service in ("api", "web_app", "login"):
        data["services"][service]["requests_per_s"] = 30
    data["monitoring"].update(
        scrape_interval="1s",
        evaluation_interval="1s",
        rule_files=["alert-rules.yaml", "more.yaml"],
        alertmanager_file="alertmanager.yml",
        receivers={"gameday": "default"},
    )
    data["detection"] = {}
    data["prometheus"] = version
    (own / "organization.yaml").write_text(json.dumps(data), encoding="utf-8")
    scenario = folder / "watched.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    return scenario


def prometheus_version() -> str:
    said = subprocess.run([_program("prometheus"), "--version"], capture_output=True, text=True, check=True)
    match = re.search(r"version (\d+\.\d+)", said.stdout + said.stderr)
    assert match is not None
    return match[1]


def _program(*names: str) -> str:
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"{names[0]} is not installed")
    pytest.skip(f"{names[0]} is not installed")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(*command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is asked to end, and waited for, when it is no longer needed."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(address: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{address}/-/ready", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{address} is not ready")


def watch(scenario: Path, folder: Path) -> Path:
    """Play the drill, watched by both programs; the folder of what came out. Prometheus's data stay in `folder`."""
    prometheus, alertmanager = _program("prometheus"), _program("prometheus-alertmanager", "alertmanager")
    gameday = str(Path(sys.executable).with_name("gameday"))
    report, said = folder / "report", folder / "gameday.log"
    command = (gameday, "rules", "watch", str(scenario), "--port", "0", "--report", str(report))
    with _running(*command, log=said) as drill:
        for _ in range(600):
            found = re.search(r"http://([\d.:]+)/metrics", said.read_text())
            if found:
                break
            time.sleep(0.1)
        else:
            pytest.fail(said.read_text())
        ports = [_free_port(), _free_port()]
        alerts, queries = (f"127.0.0.1:{port}" for port in ports)
        (folder / "alertmanager.yml").write_text(ALERTMANAGER % f"http://{found[1]}/alerts", encoding="utf-8")
        own = scenario.parent / "own"
        settings = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(own / "alert-rules.yaml"), str(own / "more.yaml")],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alerts]}]}]},
            "scrape_configs": [
                {"job_name": "gameday", "honor_labels": True, "static_configs": [{"targets": [found[1]]}]}
            ],
        }
        (folder / "prometheus.yml").write_text(json.dumps(settings), encoding="utf-8")
        listening = ("--web.listen-address", alerts, "--cluster.listen-address=", "--log.level=warn")
        receiving = (f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'am'}", *listening)
        watching = (
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={queries}",
            "--rules.alert.resend-delay=1s",
            "--log.level=warn",
        )
        with _running(alertmanager, *receiving, log=folder / "alertmanager.log"):
            _wait_until_ready(f"http://{alerts}")
            with _running(prometheus, *watching, log=folder / "prometheus.log"):
                drill.wait(DURATION_S + 45)
    return report


class Recorded(NamedTuple):
    """What is in Prometheus's database: the samples by series, in Unix milliseconds."""

    samples: dict[Labels, list[tuple[int, float]]]

    def named(self, name: str) -> dict[Labels, list[tuple[int, float]]]:
        return {labels: samples for labels, samples in self.samples.items() if (NAME, name) in labels}


def read_database(folder: Path) -> Recorded:
    dumped = subprocess.run(
        [_program("promtool"), "tsdb", "dump", str(folder)], capture_output=True, text=True, check=True
    )
    samples: dict[Labels, list[tuple[int, float]]] = {}
    for line in dumped.stdout.splitlines():
        text, value, time_ms = line.rsplit(" ", 2)
        labels = make_labels(
            (name, json.loads(quoted)) for name, quoted in re.findall(r'(\w+)=("(?:[^"\\]|\\.)*")', text)
        )
        # No series of these has a value that is not a number: what looks like one is a stale marker.
        samples.setdefault(labels, []).append((int(time_ms), STALE if value == "NaN" else float(value)))
    return Recorded({labels: sorted(known, key=lambda one: one[0]) for labels, known in samples.items()})


def evaluate(scenario: Path, recorded: Recorded, start_ms: int) -> tuple[list[Transition], SeriesStore]:
    """The project's engine on what Prometheus scraped, at the moments at which that evaluated."""
    made = ("ALERTS", "ALERTS_FOR_STATE", *(rule["record"] for rule in MORE_RULES if "record" in rule), "seed:ticks")
    store = SeriesStore(epoch_ms=start_ms)
    for labels, samples in recorded.samples.items():
        if dict(labels)[NAME] not in made:
            series = Series(labels)
            series.extend([at_ms - start_ms for at_ms, _ in samples], [value for _, value in samples])
            store.add(series)
    groups: list[Any] = []
    for name in ("alert-rules.yaml", "more.yaml"):
        document, problems = scan_file(scenario.parent / "own" / name)
        assert document is not None and not problems
        groups += compile_rules(document, INTERVAL_MS, prometheus_version())
    transitions: list[Transition] = []
    for group in groups:
        [ticks] = recorded.named("more:ticks" if group.name == "more" else "seed:ticks").values()
        times = [at_ms - start_ms for at_ms, value in ticks if value is not STALE]
        # What a group writes about alerts is for its own rules: those of another may see it a tick sooner or later.
        evaluator = group.evaluator(store, alert_series=True)
        transitions += evaluate_together([evaluator], [times])
    return sorted(transitions, key=lambda one: (one.at_ms, one.labels)), store


def active(series: dict[Labels, list[int]], after_ms: int) -> dict[Labels, list[int]]:
    """The evaluations after which each alert is in its state, later than a moment."""
    found = {labels: [at_ms for at_ms in times if at_ms > after_ms] for labels, times in series.items()}
    return {labels: times for labels, times in found.items() if times}


def say_notifications(transitions: Sequence[Transition]) -> dict[Labels, int]:
    """When the project says that each alert is notified first."""
    document, problems = scan_document(ALERTMANAGER % "http://x", "alertmanager.yml", as_written=True)
    assert document is not None and not problems
    small = organization()
    monitoring = replace(small.monitoring, alertmanager_file="alertmanager.yml", receivers={"gameday": "default"})
    bench = Bench(organization=replace(small, monitoring=monitoring), duration=2 * DURATION_S * 1000)
    notification = Notification(bench.world, read_alertmanager(document))
    for transition in transitions:
        bench.run(transition.at_ms)
        if transition.kind == "alert_fired":
            notification.fired(transition, 1)
        elif transition.kind == "alert_resolved":
            notification.resolved(transition)
    told: dict[Labels, int] = {}
    for record in bench.run(bench.now_ms + 5_000).records("alert_notified"):
        told.setdefault(make_labels(record["labels"].items()), record["at_ms"])
    return told


def watch_until_clear(folder: Path) -> tuple[Path, Path, Recorded]:
    """Watch a drill in which no evaluation falls into the moments that a scrape takes: nobody knows what it sees.

    Where in their interval scrapes and evaluations lie follows from ports and paths, which are others at each attempt.
    """
    for attempt in range(4):
        own = folder / str(attempt)
        own.mkdir()
        scenario = make_drill(own, prometheus_version())
        report, recorded = watch(scenario, own), read_database(own / "data")
        [lengths] = (samples for labels, samples in recorded.named("scrape_duration_seconds").items())
        evaluated = {at_ms for name in TICKS for samples in recorded.named(name).values() for at_ms, _ in samples}
        if not any(at_ms <= tick <= at_ms + 1000 * took_s + 20 for at_ms, took_s in lengths for tick in evaluated):
            break
    return scenario, report, recorded


def test_a_real_prometheus_and_alertmanager_fire_and_notify_when_the_project_says(tmp_path: Path) -> None:
    scenario, report, recorded = watch_until_clear(tmp_path)
    [scrapes] = (samples for labels, samples in recorded.named("up").items() if ("job", "gameday") in labels)
    start_ms = scrapes[0][0]

    # The same alerts are pending and firing at the very same evaluations.
    transitions, store = evaluate(scenario, recorded, start_ms)
    ticks = [samples[1][0] for name in TICKS for samples in recorded.named(name).values()]
    # Prometheus tells nothing of alerts before the second evaluation: it looks first for what a restart interrupted.
    begun_ms = max(ticks) - start_ms
    theirs = {
        labels: [at_ms - start_ms for at_ms, value in samples if value is not STALE]
        for labels, samples in recorded.named("ALERTS").items()
    }
    ours = {series.labels: series.times for series in store.all() if (NAME, "ALERTS") in series.labels}
    assert active(ours, begun_ms) == active(theirs, begun_ms)
    fired = {dict(labels)["alertname"] for labels in theirs if ("alertstate", "firing") in labels}
    assert fired == {*SEED_ALERTS, *(rule["alert"] for rule in MORE_RULES if "alert" in rule)}

    # Alertmanager's messages arrive when the model of it says, but for the time that messages take.
    journal = [json.loads(line) for line in (report / "journal.jsonl").read_text().splitlines()[1:]]
    received: dict[Labels, int] = {}
    for record in journal:
        if record["type"] == "alert_received":
            received.setdefault(make_labels(record["labels"].items()), record["at_ms"])
    end_ms = (DURATION_S - 3) * 1000
    said = {labels: at_ms for labels, at_ms in say_notifications(transitions).items() if at_ms < end_ms}
    assert said.keys() <= received.keys()
    late = {labels: received[labels] - at_ms for labels, at_ms in said.items()}
    assert all(-100 <= milliseconds <= 900 for milliseconds in late.values()), late

    # The first of them is what the incident was detected by.
    [trigger] = [record for record in journal if record["type"] == "incident_triggered"]
    assert trigger["kind"] == "alert" and trigger["at_ms"] == min(received.values())

    # The drill's own alerts, on its own scrapes and evaluations, are those but for one interval of each.
    own = {}
    for record in journal:
        if record["type"] == "alert_fired":
            own.setdefault(make_labels(record["labels"].items()), record["at_ms"])
    real = {one.labels: one.at_ms for one in reversed(transitions) if one.kind == "alert_fired"}
    assert real.keys() == own.keys()
    apart = {labels: own[labels] - at_ms for labels, at_ms in real.items()}
    assert all(abs(milliseconds) <= 3 * INTERVAL_MS for milliseconds in apart.values()), apart


# The same without servers.


@pytest.fixture(scope="module")
def watched_scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_drill(tmp_path_factory.mktemp("drill"), version="2.42")


def test_what_is_exported_gives_the_drills_own_alerts(watched_scenario: Path) -> None:
    prepared = prepare(str(watched_scenario))
    drill = WatchedDrill(prepared, 3, "modelled", own_alerts=True)
    drill.advance(drill.end_ms)
    lines = list(open_metrics(drill.store, -prepared.rules.lookback_ms, drill.end_ms))
    assert lines[-1] == "# EOF\n"
    store = SeriesStore(epoch_ms=drill.store.epoch_ms)
    series: dict[Labels, Series] = {}
    for line in lines:
        if not line.startswith("#"):
            named, value, time_s = line.rsplit(" ", 2)
            name, _, inside = named.partition("{")
            pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*")', inside)
            labels = make_labels([(NAME, name), *((label, json.loads(quoted)) for label, quoted in pairs)])
            if labels not in series:
                series[labels] = Series(labels)
                store.add(series[labels])
            series[labels].extend((round(float(time_s) * 1000) - store.epoch_ms,), (float(value),))
    mine = {one.labels: list(zip(one.times, one.values, strict=True)) for one in drill.store.all()}
    assert {labels: list(zip(one.times, one.values, strict=True)) for labels, one in series.items()} == {
        labels: samples for labels, samples in mine.items() if samples
    }
    # They are the series that the drill's rules read: evaluated on them, the rules do what they did in the drill.
    transitions = evaluate_all(prepared.rules, store, drill.end_ms)
    fired = {(one.alert, one.labels) for one in transitions if one.kind == "alert_fired"}
    journal = play(prepared, 3, wired=False)
    told = [record for record in journal.records if record["type"] == "alert_fired"]
    assert {(record["alert"], make_labels(record["labels"].items())) for record in told} == fired


def evaluate_all(rules: RuleSet, store: SeriesStore, end_ms: int) -> list[Transition]:
    times = range(0, end_ms + 1, INTERVAL_MS)
    return [one for unit in rules.evaluators(store) for one in evaluate_together(unit, [times] * len(unit))]


def test_a_page_shows_the_newest_sample_of_each_series_that_lives() -> None:
    fresh, old, stale = (Series(make_labels([(NAME, "m"), ("is", kind)])) for kind in ('a "b"\n', "old", "stale"))
    fresh.extend((0, 1_000, 3_000), (1.0, 0.1, 5.0))
    old.extend((-9_000,), (1.0,))
    stale.extend((0, 1_000), (1.0, STALE))
    assert page(SeriesStore((fresh, old, stale)), 2_000, 5_000) == 'm{is="a \\"b\\"\\n"} 0.1\n'


def message(*alerts: dict[str, Any], receiver: str = "gameday") -> bytes:
    return json.dumps({"version": "4", "receiver": receiver, "alerts": alerts}).encode()


FIRING = {
    "status": "firing",
    "labels": {"alertname": "Slow", "severity": "P1"},
    "annotations": {"summary": "It is slow"},
}


def test_an_alert_from_outside_is_a_detection_and_the_worlds_own_are_not(watched_scenario: Path) -> None:
    drill = WatchedDrill(prepare(str(watched_scenario)), 1, "modelled")
    drill.advance(40_000)
    resolved = {"status": "resolved", "labels": {"alertname": "Old"}, "annotations": {}}
    assert drill.receive(message(FIRING, resolved), 41_234) == 1
    assert drill.receive(message(FIRING, receiver="unknown"), 42_000) == 0
    journal = drill.finish()
    assert {"alert_fired", "alert_notified"} <= {record["type"] for record in journal.records}
    [trigger] = [record for record in journal.records if record["type"] == "incident_triggered"]
    assert (trigger["at_ms"], trigger["kind"], trigger["name"]) == (41_234, "alert", "Slow")
    received = journal.records[trigger["because"] - 1]
    assert (received["type"], received["severity"], received["summary"]) == ("alert_received", "P1", "It is slow")
    assert any(record["type"] == "page" for record in journal.records)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"alerts": 1}',
        b'{"alerts": [1]}',
        message({"status": "firing", "labels": {"a": 1}}),
        b"[" * 99999,
    ],
)
def test_what_is_no_message_of_alertmanagers_is_refused(watched_scenario: Path, body: bytes) -> None:
    with pytest.raises(InputError):
        WatchedDrill(prepare(str(watched_scenario)), 1, "modelled").receive(body, 1_000)


def test_the_server_plays_the_drill_from_the_first_scrape_on_and_takes_alerts(watched_scenario: Path) -> None:
    drill = WatchedDrill(prepare(str(watched_scenario)), 1, "modelled")
    said: queue.Queue[str] = queue.Queue()
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch_drill, drill, 10.0, "127.0.0.1", 0, said.put)
        address = re.search(r"http://[\d.:]+", said.get(timeout=10))[0]  # type: ignore[index]
        with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert b'up{instance="api-1:8080",job="seiketsu-api"} 1\n' in answer.read()
        with urllib.request.urlopen(f"{address}/alerts", message(FIRING), timeout=5) as answer:
            assert json.load(answer) == {"taken": 1}
        for path, body, status in (("/alerts", b"{", 400), ("/else", b"{}", 404), ("/else", None, 404)):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{address}{path}", body, timeout=5)
            refused.value.close()
            assert refused.value.code == status
        journal = watching.result(timeout=30)
    [trigger] = [record for record in journal.records if record["type"] == "incident_triggered"]
    assert (trigger["kind"], trigger["name"]) == ("alert", "Slow")
    assert journal.records[-1]["type"] == "drill_ended"


def test_an_address_that_cannot_be_had_is_wrong_input(watched_scenario: Path) -> None:
    drill = WatchedDrill(prepare(str(watched_scenario)), 1, "modelled")
    with pytest.raises(InputError, match="cannot listen on"):
        watch_drill(drill, 1.0, "192.0.2.1", 9797, print)
