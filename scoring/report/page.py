"""One drill as one HTML file that works offline: markup from `report.html.j2`, data from the scorecard and journal."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import shlex
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoring.report.people import assumptions
from scoring.report.plot import plot
from scoring.report.titles import under_titles
from scoring.report.verdict import account, verdict
from scoring.text import credit, value
from scoring.wording import elapsed, listed, moment, percent, plain, sentence
from simulator.journal import Journal
from simulator.milestones import end

if TYPE_CHECKING:
    from jinja2.bccache import BytecodeCache
    from jinja2.sandbox import ImmutableSandboxedEnvironment

WIDE, NARROW = 1080, 372
"""Widths in pixels of the two timelines, of which a page shows the one that fits."""
TEMPLATES = Path(__file__).parent
PARTS = {
    "internal_every": "Internal updates",
    "customers_within": "Customers told",
    "customers_by_email": "Customers told by email",
    "customers_by_in_app": "Customers told in the product",
}
WORDS = {True: ("met", "met", "\N{CHECK MARK}"), False: ("missed", "missed", "\N{MULTIPLICATION X}")}


def render(card: Mapping[str, Any], journal: Journal) -> str:
    """The report as HTML text: no script, nothing fetched, every text of the drill escaped."""
    from markupsafe import Markup

    templates = environment()
    end_ms = end(journal).at_ms
    timeline = templates.get_template("timeline.svg.j2")
    told = account(card, journal)
    journal = under_titles(journal)
    drawings = {
        name: Markup(  # noqa: S704  (markup of a template that escapes what it is given)
            timeline.render(plot=plot(card, journal, end_ms, width), variant=name, described=" ".join(told))
        )
        for name, width in (("wide", WIDE), ("narrow", NARROW))
    }
    return templates.get_template("report.html.j2").render(
        card=card,
        css=Markup(stylesheet()),  # noqa: S704  (a file of this package)
        badge=_badge(card),
        facts=list(_facts(journal.header)),
        verdict=verdict(card),
        account=told,
        rows=[row for name, criterion in card["criteria"].items() for row in _rows(name, criterion, journal)],
        phases=_phases(card, end_ms),
        measures=[_measure(name, result) for name, result in card["measures"].items()],
        severity=_severity(card["procedure"]["severity"]),
        targets=[_target(name, result) for name, result in card["procedure"]["targets"].items()],
        checklists=[_checklist(checklist) for checklist in card["procedure"]["checklists"]],
        runs=_runs(card) if "pass_rate" in card else None,
        trust=list(_trust(card)),
        profiles=journal.header.get("profiles"),
        assumptions=list(assumptions(journal.header["profiles"])) if _drawn(card, journal.header) else [],
        again=_again(card, journal.header),
        records=_records(journal),
        elapsed=elapsed,
        **drawings,
    )


@functools.cache
def environment() -> ImmutableSandboxedEnvironment:
    """The templates of all reports, which escape whatever they are given."""
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        bytecode_cache=_compiled(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _compiled() -> BytecodeCache:
    """Compiled templates lie beside this package's compiled modules, by the same rules as those."""
    from jinja2.bccache import Bucket, FileSystemBytecodeCache

    class Beside(FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Bucket) -> None:
            if not sys.dont_write_bytecode:
                with contextlib.suppress(OSError):
                    super().dump_bytecode(bucket)

    directory = Path(importlib.util.cache_from_source(__file__)).parent
    return Beside(str(directory), f"%s.{sys.implementation.cache_tag}.jinja")


@functools.cache
def stylesheet() -> str:
    """What all reports look like."""
    return (TEMPLATES / "report.css").read_text(encoding="utf-8")


def _badge(card: Mapping[str, Any]) -> dict[str, str]:
    if card["invalid_because"]:
        return {"kind": "open", "word": "Invalid", "sign": "!"}
    count = f"{card['met_count']} of {card['of']} criteria met"
    kind, _, sign = WORDS[card["met"]]
    return {"kind": kind, "word": f"{kind.capitalize()}: {count}", "sign": sign}


def _facts(header: Mapping[str, Any]) -> Iterator[str]:
    starts = datetime.fromisoformat(header["starts_at"])
    yield header.get("titles", {}).get("organization", header["organization"])
    yield f"code name {header['codename']}"
    yield f"severity {header['severity']}"
    yield f"seed {header['seed']}"
    yield f"0:00 is {starts:%Y-%m-%d %H:%M %Z}"
    yield f"{header['duration_ms'] // 60_000} minutes played"


def _rows(name: str, criterion: Mapping[str, Any], journal: Journal) -> Iterator[dict[str, Any]]:
    """What the criteria's table shows; each part of the communication criterion is a row of its own."""
    if "parts" not in criterion:
        start = criterion["from"]["milestone"] if criterion["from"] else "its start"
        by = credit(name, criterion, journal)
        last = "last to join: " if name == "assembled" and criterion["to"] else ""
        yield _row(plain(name).capitalize(), f"after {start}", criterion, last + by, journal)
        return
    for part, result in criterion["parts"].items():
        since = "longest silence" if part == "internal_every" else "after declaration"
        yield _row(PARTS[part], since, result, "", journal)


def _row(name: str, since: str, result: Mapping[str, Any], by: str, journal: Journal) -> dict[str, Any]:
    kind, word, sign = WORDS.get(result["met"], ("open", "not judged", "?"))
    limit_s, value_s = result["limit_s"], result["value_s"]
    # The limit's tick stands at two thirds, unless the value needs more room.
    scale = max(limit_s * 1.5, (value_s or 0) * 1.05, 1)
    never, measured = result["status"] == "never", result["status"] in ("reached", "never")
    last = result["to"]["record"] if result["to"] else 0
    evidence = []
    for number in result["evidence"]:
        record = journal.records[number - 1]
        evidence.append((number, moment(record["at_ms"]), sentence(record), number == last))
    return {
        "name": name,
        "from": since,
        "kind": kind,
        "word": word,
        "sign": sign,
        "value": value(result) if measured else "\N{EN DASH}",
        "limit": elapsed(limit_s),
        "fill": 100 if never else None if value_s is None else round(100 * max(value_s, 0) / scale, 1),
        "tick": round(100 * limit_s / scale, 1),
        "credit": by if measured else value(result),
        "evidence": evidence,
    }


def _phases(card: Mapping[str, Any], end_ms: int) -> dict[str, Any] | None:
    """Detect, assemble, fix: from impact to mitigation, or to the end of the drill without one."""
    found = card["milestones"]
    if found["impact"] is None:
        return None
    start_s = found["impact"]["at_s"]
    stop_s = found["mitigated"]["at_s"] if found["mitigated"] else end_ms / 1000
    parts, since_s = [], start_s
    for kind, milestone in (("detect", "detected"), ("assemble", "assembled"), ("fix", "mitigated")):
        reached = found[milestone]
        until_s = min(max(reached["at_s"], since_s), stop_s) if reached else stop_s
        length_s = until_s - since_s
        parts.append(
            {
                "kind": kind,
                "name": kind.capitalize(),
                "weight": round(length_s, 3),
                "length": elapsed(length_s),
                "share": f"{100 * length_s / max(stop_s - start_s, 0.001):.0f} %",
                "note": "" if reached else "not finished",
            }
        )
        since_s = until_s
    shown = [part for part in parts if part["weight"] > 0]
    return {"parts": shown, "total": elapsed(stop_s - start_s), "finished": found["mitigated"] is not None}


def _measure(name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": plain(name).capitalize(),
        "value": value(result),
        "start": _instant(result["from"]),
        "stop": _instant(result["to"]),
        "p50": _quantile(result, "p50_s"),
        "p90": _quantile(result, "p90_s"),
    }


def _severity(told: Mapping[str, Any]) -> dict[str, Any]:
    """What was declared, what it ended as, and what was true."""
    if told["declared"] is None:
        return {"words": f"{told['true']} in truth; nothing was declared", "evidence": []}
    changed = f", {told['final']} in the end" if told["final"] != told["declared"] else ""
    return {"words": f"{told['declared']} declared{changed}; {told['true']} in truth", "evidence": told["evidence"]}


def _target(name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    _, word, _ = WORDS.get(result["met"], ("open", "not judged", "?"))
    title = {"respond": "First response", "resolve": "Resolution"}[name]
    ends = [instant["record"] for instant in (result["from"], result["to"]) if instant]
    shown = {"value": value(result), "limit": elapsed(result["limit_s"]), "word": word}
    return {"name": title, "evidence": ends, **shown}


def _checklist(checklist: Mapping[str, Any]) -> dict[str, Any]:
    """How many items were done in time, and when the others were due and done."""
    items = checklist["items"]
    told = []
    for item in items:
        if item["status"] in ("late", "missing"):
            due = moment(round(item["due_s"] * 1000))
            done = f", done {moment(round(item['at_s'] * 1000))}" if item["at_s"] is not None else ", missing"
            told.append(f"{item['says']} (due {due}{done})")
    in_time = f"{sum(item['status'] == 'done' for item in items)} of {len(items)} in time"
    records = sorted({item["record"] for item in items if item["record"] is not None})
    return {"title": checklist["title"], "words": "; ".join([in_time, *told]), "evidence": records}


def _instant(instant: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if instant is None:
        return None
    name = plain(instant["milestone"])
    return {"at": f"{name} {moment(round(instant['at_s'] * 1000))}", "record": instant["record"]}


def _quantile(result: Mapping[str, Any], key: str) -> str:
    """A quantile over many seeds; a dash where no seed could be measured, or there was only this one."""
    if not result.get("measured"):
        return "\N{EN DASH}"
    return "never" if result[key] is None else elapsed(result[key])


def _runs(card: Mapping[str, Any]) -> dict[str, Any]:
    """Pass rates as places on a line from 0 to 100."""
    rates = []
    for name, rate in [*card["criteria"].items(), ("every criterion", card)]:
        if rate["pass_rate"] is None:
            continue
        low, high = (100 * bound for bound in rate["interval_95"])
        rates.append(
            {
                "name": plain(name).capitalize(),
                "share": percent(rate["pass_rate"]),
                "at": round(100 * rate["pass_rate"], 1),
                "low": round(low, 1),
                "width": round(high - low, 1),
                "interval": f"{low:.0f} to {high:.0f} %",
            }
        )
    return {"count": card["runs"], "invalid": card["invalid"], "rates": rates}


TREATMENTS = {
    "modelled": "People are models: how long they take, and whether they err, is drawn from distributions.",
    "absent": "Nobody responds: this shows what happens without a team.",
    "ideal": "People are ideal: they answer at once and never err, so this is the best that the rules allow.",
    "wrong": "People choose wrongly: this shows what mistakes cost.",
}


def _trust(card: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "People", TREATMENTS.get(card["treatment"], f"People: {card['treatment']}.")
    if card["calibration"] == "uncalibrated":
        yield "Calibration", "Not fitted to this organisation's own history: compare drills, do not predict from them."
    else:
        yield "Calibration", plain(card["calibration"])
    rules = card["rules"]
    left_out = rules["not_simulated"]
    judged = f"{rules['simulated']} rules were evaluated on simulated telemetry"
    yield "Alert rules", f"{judged}; not evaluated: {listed(left_out)}." if left_out else f"{judged}, none left out."
    if "pass_rate" not in card:
        yield "Chance", "This is one drill with one seed. Another has other luck; add --runs 200 for pass rates."
    else:
        yield "Chance", f"Rates are over {card['runs']} seeds; this drill is one of them, told in detail."
    yield "History", f"The same inputs and seed give the same {card['records']} records, byte for byte."


def _drawn(card: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    """Whether people were drawn from profiles: those who are absent or ideal are not."""
    return "profiles" in header and card["treatment"] not in ("absent", "ideal")


def _again(card: Mapping[str, Any], header: Mapping[str, Any]) -> str:
    """The command that plays this drill again."""
    changes = [word for change in header.get("overrides", ()) for word in ("--set", change)]
    reference = header.get("reference", card["scenario"])
    return shlex.join(
        ["gameday", "run", reference, "--seed", str(card["seed"]), "--treatment", card["treatment"], *changes]
    )


GROUPS = {
    "users": ("objective_", "customer_"),
    "world": ("fault_", "service_", "worst_", "mitigation_took", "cause_judged"),
    "signal": ("alert_", "probe_", "team_noticed"),
    "drill": ("drill_", "inject_"),
    "tools": ("page", "post", "open_ticket", "publish", "send_email", "notify_in_app", "deliver"),
}


def _group(kind: str) -> str:
    if kind in ("page_acknowledged", "page_timed_out"):
        return "response"
    return next((group for group, starts in GROUPS.items() if kind.startswith(starts)), "response")


def _records(journal: Journal) -> Iterator[tuple[int, str, str, str, int]]:
    for record in journal.records:
        kind = record["type"]
        yield record["record"], moment(record["at_ms"]), _group(kind), sentence(record), record["because"]
