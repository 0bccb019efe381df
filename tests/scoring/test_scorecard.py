"""The scorecard document: complete, valid by its schema, and honest about drills that prove nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import scoring
from scoring.scorecard import outcome, scorecard
from scoring.statistics import RunSummary
from scoring.text import text
from simulator.journal import Journal

DrillOf = Callable[..., Journal]
SCHEMA = json.loads((Path(scoring.__file__).parent / "scorecard.schema.json").read_text(encoding="utf-8"))

WHY = [{"criterion": "detected", "text": "It takes 6:00", "parts": [{"name": "for", "best_s": 300, "worst_s": 300}]}]
CHANGES = [{"command": "gameday run x --set a=1m", "change": "a: 5m to 1m", "effects": ["detected 6:40 to 2:35"]}]


@pytest.mark.parametrize(
    "without", [[], ["incident_triggered"], ["objective_left"], ["incident_declared"], ["worst_case_held"]]
)
def test_every_document_is_valid_by_the_schema(drill: DrillOf, without: list[str]) -> None:
    journal = drill(without=without)
    summary = RunSummary()
    summary.add(outcome(journal))
    for card in (scorecard(journal), scorecard(journal, why=WHY, changes=CHANGES, runs=summary.document())):
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(card, allow_nan=False)))


def test_the_document_sums_up_the_drill(drill: DrillOf) -> None:
    journal = drill()
    card = scorecard(journal)
    assert (card["met"], card["met_count"], card["of"], card["invalid"]) == (False, 2, 4, [])
    assert card["detected_by"] == {"kind": "customer", "name": "support ticket"}
    assert card["milestones"]["mitigated"]["at_s"] == 2057.0
    assert card["milestones"]["recovered"] is None
    assert (card["digest"], card["records"]) == (journal.digest(), len(journal.records))


def test_evidence_names_records_in_order_from_the_start_to_the_end_of_the_measure(drill: DrillOf) -> None:
    card = scorecard(drill())
    for result in [*card["measures"].values(), *card["criteria"]["communication"]["parts"].values()]:
        assert result["evidence"] == sorted(set(result["evidence"]))
        assert (result["evidence"][0], result["evidence"][-1]) == (result["from"]["record"], result["to"]["record"])


def test_a_fault_that_never_took_effect_makes_the_drill_invalid(drill: DrillOf) -> None:
    card = scorecard(drill(header={"faults": ["flapping", "second"]}))
    assert card["invalid"] == ["fault second never took effect"]


def test_a_drill_that_was_cut_short_is_invalid(drill: DrillOf) -> None:
    assert scorecard(drill(without=["drill_ended"]))["invalid"] == ["the drill was cut short: its journal has no end"]


def test_the_outcome_for_statistics_agrees_with_the_scorecard(drill: DrillOf) -> None:
    journal = drill(without=["worst_case_held"])
    card, small = scorecard(journal), outcome(journal)
    assert small["criteria"] == {name: criterion["met"] for name, criterion in card["criteria"].items()}
    assert small["measures"]["time_to_detect"] == 400.0
    assert small["measures"]["time_to_mitigate"] == "never"


def test_the_terminal_text_is_aligned_and_cites_the_records(drill: DrillOf) -> None:
    journal = drill()
    card = scorecard(journal, why=WHY, changes=CHANGES)
    to: dict[str, Any] = {name: card["milestones"][name]["record"] for name in ("detected", "assembled", "mitigated")}
    silence = card["criteria"]["communication"]["parts"]["internal_every"]["to"]["record"]
    assert text(card, journal, report="reports/x/report.html").splitlines() == [
        "Voice vendor intermittent · seed 1 · people modelled, uncalibrated",
        "MISSED: 2 of 4 met",
        f" detected       MISS   6:40 / 5:00    by a customer               #{to['detected']}",
        f" assembled      MISS  12:10 / 10:00   communication lead          #{to['assembled']}",
        f" mitigated      met   24:05 / 30:00   fallback to text interface  #{to['mitigated']}",
        f" communication  met   longest silence 13:50 / 15:00               #{silence}",
        "WHY  It takes 6:00",
        "TRY  gameday run x --set a=1m      detected 6:40 to 2:35",
        "Report: reports/x/report.html",
    ]


def test_the_text_says_what_never_happened_and_what_could_not_be_judged(drill: DrillOf) -> None:
    journal = drill(without=["incident_declared"])
    shown = text(scorecard(journal), journal)
    assert "MISSED: 0 of 3 met (1 not judged)" in shown
    assert "mitigated      MISS  never / 30:00" in shown
    assert "communication  open  longest silence not applicable / 15:00" in shown
    assert "Report" not in shown


def test_an_invalid_drill_is_not_called_met_or_missed(drill: DrillOf) -> None:
    journal = drill(without=["drill_ended"])
    assert text(scorecard(journal), journal).splitlines()[1:3] == [
        "INVALID: this drill proves nothing",
        "  the drill was cut short: its journal has no end",
    ]


def test_the_text_of_many_seeds_gives_rates_with_their_intervals(drill: DrillOf) -> None:
    summary = RunSummary()
    for without in [[]] * 62 + [["worst_case_held"]] * 138:
        summary.add(outcome(drill(without=without)))
    journal = drill()
    shown = text(scorecard(journal, runs=summary.document()), journal).splitlines()
    assert "OF 200 SEEDS  detected within 5:00 in 0 % [0\N{EN DASH}2]" in shown
    assert "              mitigated within 30:00 in 31 % [25\N{EN DASH}38]" in shown


def test_colour_changes_nothing_but_the_escape_sequences(drill: DrillOf) -> None:
    journal = drill()
    card = scorecard(journal)
    coloured = text(card, journal, colour=True)
    assert "\x1b[31mMISS\x1b[0m" in coloured
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[1;31m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == text(card, journal)
