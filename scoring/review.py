"""The post-incident review, drafted from a journal: five parts with their evidence, as data and as Markdown.

It names conditions, not culprits: who did what stands in the timeline, and nowhere is it held against them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from scoring.report.verdict import GOALS
from scoring.scorecard import scorecard
from scoring.text import decisive, said, value
from scoring.wording import elapsed, harmless, moment, plain, sentence
from simulator.journal import Journal, Record

Point = dict[str, Any]
"""``{"text": …, "evidence": [record, …]}``."""

PARTS = {
    "timeline": ("Timeline", 15),
    "went_well": ("What went well", 10),
    "could_improve": ("What could be improved", 15),
    "root_cause": ("Root causes", 15),
    "action_items": ("Action items", 5),
}
"""The parts of the meeting, and the minutes for each."""

TOLD = [
    "objective_left",
    "incident_triggered",
    "page_timed_out",
    "page_acknowledged",
    "acknowledgement_expired",
    "incident_declared",
    "severity_changed",
    "role_joined",
    "team_assembled",
    "incident_escalated",
    "runbook_opened",
    "investigation_started",
    "finding_revealed",
    "cause_identified",
    "approval_asked",
    "approval_given",
    "approval_declined",
    "approval_lapsed",
    "mitigation_started",
    "mitigation_took_effect",
    "monitoring_started",
    "update_posted",
    "update_overdue",
    "verification_finished",
    "incident_resolved",
    "incident_reopened",
    "incident_closed",
    "worst_case_held",
]
"""What the timeline tells: detection to closure, decisions and actions, communication."""
ONCE = ("objective_left",)
"""Of these only the first."""

DAYS = {"high": 7, "medium": 14, "low": 30}
"""From the resolution to the day on which an item of this priority is due."""


def review(journal: Journal) -> dict[str, Any]:
    """The draft as JSON data: what the meeting is about, its five parts, and who took part.

    `timeline` is a list of `{"at_s", "text", "record"}`; `went_well` and `could_improve` are lists of points;
    `root_cause` has lists of points under `technical`, `process` and `human`; `action_items` are proposals with the
    keys of the file in which such items are kept, the incident and the scenario that tests each again among them.
    """
    card = scorecard(journal)
    declared = next((one for one in journal.records if one["type"] == "incident_declared"), None)
    return {
        "review": 1,
        "incident": declared["incident"] if declared else None,
        "title": declared["title"] if declared else card["title"],
        "severity": card["procedure"]["severity"]["final"],
        "digest": card["digest"],
        "attendees": _attendees(journal),
        "timeline": list(_timeline(journal)),
        "went_well": list(_went_well(card, journal)),
        "could_improve": list(_could_improve(card, journal)),
        "root_cause": {
            "technical": list(_technical(journal)),
            "process": [_point(one) for one in card["procedure"]["findings"] if one["about"] != "severity"],
            "human": list(_human(card, journal)),
        },
        "action_items": list(_action_items(card, journal)),
    }


def markdown(drafted: Mapping[str, Any]) -> str:
    """The draft as a document to edit; every point names the records that prove it."""
    lines = [f"# Post-incident review: {drafted['incident'] or drafted['title']}", ""]
    about = (
        f"{drafted['title']}, {drafted['severity'] or 'never declared'}. {sum(m for _, m in PARTS.values())} minutes."
    )
    lines += [about, "", "Attendees: " + (", ".join(drafted["attendees"]) or "nobody took part"), ""]
    for number, (name, (title, minutes)) in enumerate(PARTS.items(), start=1):
        lines += [f"## {number}. {title} ({minutes} min)", ""]
        part = drafted[name]
        if name == "timeline":
            lines += ["| Time | What | Record |", "| --- | --- | --- |"]
            lines += [f"| {moment(round(e['at_s'] * 1000))} | {_cell(e['text'])} | #{e['record']} |" for e in part]
        elif name == "root_cause":
            for kind, points in part.items():
                lines += [f"### {kind.capitalize()}", "", *_listed(points), ""]
            lines.pop()
        elif name == "action_items":
            lines += ["| Id | Title | Owner | Priority | Due | Status | Tested again by |", f"|{' --- |' * 7}"]
            keys = (*ITEM_KEYS, "scenario")
            lines += [f"| {' | '.join(_cell(item[key]) for key in keys)} |" for item in part]
        else:
            lines += _listed(part)
        lines.append("")
    return "\n".join(lines)


ITEM_KEYS = ("id", "title", "owner", "priority", "due_date", "status")
"""The keys that every action item has, as its file has them."""


def _listed(points: list[Point]) -> list[str]:
    told = [f"- {harmless(one['text'])}{''.join(f' #{number}' for number in one['evidence'])}" for one in points]
    return told or ["- Nothing in the journal."]


def _cell(text: object) -> str:
    return harmless(str(text)).replace("|", "\\|")


def _point(finding: Mapping[str, Any]) -> Point:
    return {"text": finding["text"][0].upper() + finding["text"][1:], "evidence": finding["evidence"]}


def _attendees(journal: Journal) -> list[str]:
    joined = {one["person"]: one["role"] for one in journal.records if one["type"] == "role_joined"}
    return [f"{person} ({plain(role)})" for person, role in joined.items()]


def _timeline(journal: Journal) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for record in journal.records:
        kind = record["type"]
        if kind in TOLD and not (kind in ONCE and kind in seen):
            seen.add(kind)
            yield {"at_s": record["at_ms"] / 1000, "text": sentence(record), "record": record["record"]}


def _went_well(card: Mapping[str, Any], journal: Journal) -> Iterator[Point]:
    for record in _of(journal, "mitigation_took_effect"):
        if not record["harmful"]:
            yield {"text": f"What was tried helped: {plain(record['action'])}", "evidence": [record["record"]]}
    for name, part, result in _results(card):
        if result["met"]:
            yield {"text": _said(name, part, result), "evidence": _ends(result)}
    told = card["procedure"]["severity"]
    if told["verdict"] == "right":
        yield {
            "text": f"The severity was right from the declaration on: {told['declared']}",
            "evidence": told["evidence"],
        }
    for checklist in card["procedure"]["checklists"]:
        if all(item["status"] == "done" for item in checklist["items"]):
            text = f"Everything on the checklist was done in time: {checklist['title'].lower()}"
            yield {"text": text, "evidence": [checklist["record"]]}
    made, kept = card["promises"]["made"], card["promises"]["kept"]
    if made and made == kept:
        yield {"text": f"Every promised update came in time ({made})", "evidence": []}


def _could_improve(card: Mapping[str, Any], journal: Journal) -> Iterator[Point]:
    for name, part, result in _results(card):
        if result["met"] is False:
            yield {"text": _said(name, part, result), "evidence": _ends(result)}
    yield from map(_point, card["procedure"]["findings"])
    if card["promises"]["broken"]:
        broken = card["promises"]["broken"]
        text = f"{len(broken)} of {card['promises']['made']} promised updates did not come in time"
        yield {"text": text, "evidence": broken}
    for tool, numbers in _failures(journal).items():
        text = f"A tool did not take what it was given: {plain(tool)}, {_times(len(numbers))}"
        yield {"text": text, "evidence": numbers}
    unanswered = _numbers(journal, "page_timed_out")
    if unanswered:
        yield {"text": f"Pages went unanswered past a level's time: {len(unanswered)}", "evidence": unanswered}
    for record in _of(journal, "mitigation_took_effect"):
        if record["harmful"]:
            yield {"text": f"What was tried did harm: {plain(record['action'])}", "evidence": [record["record"]]}


def _technical(journal: Journal) -> Iterator[Point]:
    """What broke, and what was found that told so."""
    for record in _of(journal, "fault_started"):
        text = f"{plain(record['service'])}: {plain(record['kind'])}"
        yield {"text": text[0].upper() + text[1:], "evidence": [record["record"]]}
    decisive_findings = journal.header.get("findings", {})
    for record in _of(journal, "finding_revealed"):
        if decisive_findings.get(record["finding"]):
            yield {"text": record["says"], "evidence": [record["record"]]}


def _human(card: Mapping[str, Any], journal: Journal) -> Iterator[Point]:
    """What people took for true, and what they could not know."""
    wrong = [record["record"] for record in _of(journal, "cause_judged") if not record["right"]]
    if wrong:
        yield {"text": f"A cause was named that was none, {_times(len(wrong))}: what pointed there?", "evidence": wrong}
    for finding in card["procedure"]["findings"]:
        if finding["about"] == "severity":
            yield _point(finding)
    refused = _numbers(journal, "action_refused")
    if refused:
        yield {"text": f"Something was tried that was not possible then: {len(refused)}", "evidence": refused}


def _action_items(card: Mapping[str, Any], journal: Journal) -> Iterator[dict[str, str]]:
    proposals: dict[str, tuple[str, str]] = {}
    for record in _of(journal, "fault_started"):
        service = plain(record["service"])
        proposals.setdefault(f"Prevent, or bear, {plain(record['kind'])} of {service}", ("technical_lead", "high"))
    for name, _, result in _results(card):
        if result["met"] is False:
            proposals.setdefault(f"Be sooner in {GOALS.get(name, plain(name))}", ("commander", "high"))
    for finding in card["procedure"]["findings"]:
        title, owner, priority = _remedy(finding["about"])
        proposals.setdefault(title, (owner, priority))
    for tool in _failures(journal):
        proposals.setdefault(f"Make {plain(tool)} dependable, or have a way round it", ("technical_lead", "high"))
    if any(not record["right"] for record in _of(journal, "cause_judged")):
        proposals.setdefault("Make the runbook tell look-alike causes apart", ("technical_lead", "medium"))
    declared = next((one["incident"] for one in _of(journal, "incident_declared")), None)
    origin = {"incident": declared} if declared else {}
    origin["scenario"] = journal.header["scenario"]
    over = next((one["at_ms"] for one in reversed(journal.records) if one["type"] == "incident_resolved"), 0)
    day = (datetime.fromisoformat(journal.header["starts_at"]) + timedelta(milliseconds=over)).date()
    for number, (title, (owner, priority)) in enumerate(proposals.items(), start=1):
        due = day + timedelta(days=DAYS[priority])
        values = (f"AI-{number:03d}", title, owner, priority, due.isoformat(), "proposed")
        yield {**dict(zip(ITEM_KEYS, values, strict=True)), **origin}


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _failures(journal: Journal) -> dict[str, list[int]]:
    """Records of attempts that failed, by the response tool."""
    failures: dict[str, list[int]] = {}
    for record in _of(journal, "delivery_failed"):
        failures.setdefault(record["tool"], []).append(record["record"])
    return failures


def _remedy(about: str) -> tuple[str, str, str]:
    """What to propose for a finding: title, owner, priority."""
    return {
        "severity": ("Train classifying by the impact matrix", "commander", "medium"),
        "respond": ("Look at who is reached first, and how", "commander", "high"),
        "resolve": ("Look at what the resolution waited for", "technical_lead", "medium"),
        "checklist": ("Go through the checklist's late and missing items", "commander", "low"),
        "override": ("Repair the check that was passed over, or wait for it", "technical_lead", "high"),
        "all clear": ("Verify recovery before resolving", "commander", "high"),
    }.get(about, (f"Look into {plain(about)}", "commander", "medium"))


def _results(card: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Mapping[str, Any]]]:
    """Every criterion, or part of one, with its result."""
    for name, criterion in card["criteria"].items():
        if "parts" in criterion:
            yield from ((name, part, result) for part, result in criterion["parts"].items())
        else:
            yield name, None, decisive(criterion)[1]


def _said(name: str, part: str | None, result: Mapping[str, Any]) -> str:
    took = said(part, result) if part is not None else f"{GOALS.get(name, plain(name))} took {value(result)}"
    return f"{took[0].upper()}{took[1:]}, against {elapsed(result['limit_s'])}"


def _ends(result: Mapping[str, Any]) -> list[int]:
    return [instant["record"] for instant in (result["from"], result["to"]) if instant is not None]


def _of(journal: Journal, kind: str) -> Iterator[Record]:
    return (record for record in journal.records if record["type"] == kind)


def _numbers(journal: Journal, kind: str) -> list[int]:
    return [record["record"] for record in _of(journal, kind)]
