"""The scorecard document: complete, valid by its schema, and honest about drills that prove nothing."""

from __future__ import annotations

import json
import re
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
    for card in (scorecard(journal), scorecard(journal, why=WHY, changes=CHANGES, many=summary)):
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(card, allow_nan=False)))


def test_one_drill_and_many_have_the_same_document_but_for_the_rates_beside_each_result(drill: DrillOf) -> None:
    journal, summary = drill(), RunSummary()
    for without in [[]] * 3 + [["worst_case_held"]] * 7 + [["drill_ended"]]:
        summary.add(outcome(drill(without=without)))
    one, many = scorecard(journal), scorecard(journal, many=summary)
    assert ((one["runs"], one["invalid"]), (many["runs"], many["invalid"])) == ((1, 0), (10, 1))
    assert many.keys() - one.keys() == {"pass_rate", "interval_95"}
    for name, criterion in one["criteria"].items():
        rates = {key: many["criteria"][name].pop(key) for key in ("pass_rate", "interval_95", "judged")}
        assert many["criteria"][name] == criterion
        assert rates == summary.rate(name)
    for name, result in one["measures"].items():
        spread = {key: many["measures"][name].pop(key) for key in ("p50_s", "p90_s", "never", "measured")}
        assert many["measures"][name] == result
        assert spread == summary.spread(name)
    assert summary.rate("mitigated")["pass_rate"] == 0.3
    assert summary.spread("time_to_mitigate")["never"] == 7


def test_many_drills_that_all_proved_nothing_have_no_rate(drill: DrillOf) -> None:
    journal, summary = drill(without=["drill_ended"]), RunSummary()
    for _ in range(3):
        summary.add(outcome(journal))
    card = scorecard(journal, many=summary)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(card)))
    assert (card["runs"], card["invalid"], card["pass_rate"]) == (0, 3, None)
    assert text(card, journal).splitlines()[-1] == "OF 0 SEEDS  3 more proved nothing (invalid)"


def test_a_document_with_half_of_the_keys_of_many_drills_is_refused_by_the_schema(drill: DrillOf) -> None:
    card = scorecard(drill())
    card["criteria"]["detected"]["pass_rate"] = 0.5
    with pytest.raises(jsonschema.ValidationError, match="interval_95"):
        jsonschema.Draft202012Validator(SCHEMA).validate(card)


def test_the_document_sums_up_the_drill(drill: DrillOf) -> None:
    journal = drill()
    card = scorecard(journal)
    assert (card["met"], card["met_count"], card["of"], card["invalid_because"]) == (False, 2, 4, [])
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
    assert card["invalid_because"] == ["fault second never took effect"]
    assert (card["runs"], card["invalid"]) == (0, 1)


def test_a_drill_that_was_cut_short_is_invalid(drill: DrillOf) -> None:
    card = scorecard(drill(without=["drill_ended"]))
    assert card["invalid_because"] == ["the drill was cut short: its journal has no end"]


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
        "RULES  3 of 4 simulated; nothing produces what CertificateExpiry reads",
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
    usual, unsafe = outcome(drill()), outcome(drill(without=["worst_case_held"]))
    quick = {**usual, "criteria": {**usual["criteria"], "assembled": True}}
    for result in [quick] + [usual] * 61 + [unsafe] * 138:
        summary.add(result)
    journal = drill()
    shown = text(scorecard(journal, many=summary), journal).splitlines()
    assert shown[-5:] == [
        "OF 200 SEEDS  detected within 5:00 in 0 % [0\N{EN DASH}2]",
        "              assembled within 10:00 in 0.5 % [0\N{EN DASH}3]",
        "              mitigated within 30:00 in 31 % [25\N{EN DASH}38]",
        "              communication met in 100 % [98\N{EN DASH}100]",
        "              every criterion met in 0 % [0\N{EN DASH}2]",
    ]


def test_colour_changes_nothing_but_the_escape_sequences(drill: DrillOf) -> None:
    journal = drill()
    card = scorecard(journal)
    coloured = text(card, journal, colour=True)
    assert "\x1b[31mMISS\x1b[0m" in coloured
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[1;31m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == text(card, journal)


@pytest.mark.parametrize("colour", [False, True])
def test_control_characters_in_the_drills_texts_never_reach_the_terminal(drill: DrillOf, colour: bool) -> None:
    hostile = "a\x1b[2Jb\x07c\rd\ne\x9b1mf\u202eg"
    reasons = [{"criterion": "detected", "text": hostile, "parts": []}]
    changes = [{"command": hostile, "change": hostile, "effects": [hostile]}]
    journal = drill(says=hostile, header={"title": hostile})
    for record in journal.records:
        if record["type"] == "incident_triggered":
            record.update(kind="alert", name=hostile)
    card = scorecard(journal, why=reasons, changes=changes)
    shown = text(card, journal, report=hostile, colour=colour)
    assert shown.count("a[2Jbc d e1mfg") == 6
    assert len(shown.splitlines()) == 10
    for verdict in ("MISSED", "MISS", "met"):
        shown = re.sub(rf"\x1b\[[\d;]+m({verdict})\x1b\[0m", r"\1", shown)
    assert not re.search(r"[^\n -\x7e\xa0-\u2029\u202f-\U0010ffff]", shown)
