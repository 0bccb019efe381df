"""A comparison of two versions as text, for a terminal or, as Markdown, for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scoring.wording import elapsed, harmless, percent, plain


def comparison_text(document: Mapping[str, Any]) -> str:
    """The verdict, then every question that changed, the flagged first; ends in a newline."""
    lines = [_verdict(document)]
    for name, told in document["scenarios"].items():
        lines.append(f"{name}: {told['pairs']} pairs of drills on the same luck, of which {told['changed']} differ")
        lines += [f"  {_word(question):<6}{_said(question)}" for question in _shown(told)]
    lines += [f"ACCEPTED  {one['scenario']}, {plain(one['name'])}: {one['reason']}" for one in document["accepted"]]
    lines += [f"NOTE  {note}" for note in document.get("notes", ())]
    lines += _side_by_side(document)
    return "\n".join([*map(harmless, lines), ""])


def comparison_markdown(document: Mapping[str, Any]) -> str:
    """The same as Markdown, short enough for a comment."""
    lines = [f"### {_verdict(document)}", ""]
    for name, told in document["scenarios"].items():
        lines += [f"**{_cell(name)}**: {told['pairs']} pairs of drills on the same luck, {told['changed']} differ.", ""]
        shown = list(_shown(told))
        if shown:
            lines += ["| | What | Change |", "| --- | --- | --- |"]
            for question in shown:
                what, _, said = _said(question).partition(": ")
                lines.append(f"| {_word(question)} | {_cell(what)} | {_cell(said)} |")
            lines.append("")
    for one in document["accepted"]:
        lines.append(f"- accepted: {_cell(one['scenario'])}, {plain(one['name'])}: {_cell(one['reason'])}")
    difference = list(_side_by_side(document))
    if difference:
        lines += ["", "```text", *map(harmless, difference), "```"]
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return harmless(text).replace("|", "\\|").replace("<", "&lt;")


def _verdict(document: Mapping[str, Any]) -> str:
    if not document["worse"]:
        return "NOT WORSE: nothing got worse by as much as is minded"
    names = ", ".join(dict.fromkeys(plain(one["name"]) for one in document["worse"]))
    advisory = " (advisory)" if document.get("advisory") else ""
    return f"WORSE{advisory}: {names}"


def _shown(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    moved = [question for question in told["questions"] if question["worse"] or question["better"]]
    yield from sorted(moved, key=lambda question: (not question["flagged"], question["p"] or 0.0))


def _word(question: Mapping[str, Any]) -> str:
    return "WORSE" if question["flagged"] else ""


def _said(question: Mapping[str, Any]) -> str:
    before, after, name = question["base"], question["head"], plain(question["name"])
    if question["kind"] == "pages":
        return f"{name}: {before:g} → {after:g}, over {question['pairs']} days"
    counts = f"{question['worse']} pairs worse, {question['better']} better, p = {question['p_adjusted']:.2g}"
    if question["kind"] == "criterion":
        return f"{name}: met in {percent(before)} → {percent(after)} ({counts})"
    times = (f"{key.removesuffix('_s')} {_time(before[key])} → {_time(after[key])}" for key in before)
    return f"{name}: {', '.join(times)} ({counts})"


def _time(value: float | None) -> str:
    return "never" if value is None else elapsed(value)


def _side_by_side(document: Mapping[str, Any]) -> Iterator[str]:
    """Two drills at the first record in which they differ."""
    difference = document.get("difference")
    if difference is None:
        return
    yield f"Seed {difference['seed']} of {difference['scenario']}, from the first record that differs:"
    for side in ("base", "head"):
        yield f"  {side}:"
        yield from (f"    {line}" for line in difference[side])
    yield f"  again: {difference['again']}"
