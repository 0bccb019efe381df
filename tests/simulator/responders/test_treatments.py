"""Treatments: what responders under each policy do differently from modelled ones."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from scenarios.fault import Fault
from simulator.faults.down import Down
from simulator.responders.treatments import TREATMENTS, TreatmentName
from simulator.world import NEVER
from tests.simulator.bench import HOUR, MINUTE
from tests.simulator.responders.bench import EVERY, Table

VENDOR_DOWN = Fault(id="down", on="vendor", kind="down", at=MINUTE, for_=20 * HOUR, parameters=Down())
SEEDS = range(60)


def table(treatment: TreatmentName, seed: int = 1) -> Table:
    made = Table(VENDOR_DOWN, treatment=treatment, seed=seed)
    return made.now(state="declared", severity="P1", roles={"commander": "bob", "communication_lead": "bob"})


def causes(treatment: TreatmentName) -> set[str]:
    made = (table(treatment, seed).see(2 * MINUTE, "investigation_started", person="ann") for seed in SEEDS)
    return {one.crew.take().fields["cause"] for one in made}


def steps(treatment: TreatmentName) -> list[str]:
    """What is tried, if nothing helps."""
    made = table(treatment).see(2 * MINUTE, "cause_identified", person="ann", cause="vendor")
    tried = []
    while (intention := made.crew.take()).action != "investigate":
        if intention.action == "start_mitigation":
            tried.append(intention.fields["action"])
            made.see(intention.due_ms, "mitigation_finished", person="ann", action=tried[-1])
        elif intention.action == "watch":
            made.bench.run(intention.due_ms)
            made.crew.watched(intention, made.response)
    return tried


def test_every_treatment_is_in_the_table_under_its_name() -> None:
    assert {name: treatment.name for name, treatment in TREATMENTS.items()} == {
        name: name for name in get_args(TreatmentName)
    }


def test_absent_responders_do_nothing_whatever_they_see() -> None:
    made = table("absent").page(MINUTE).see(2 * MINUTE, "investigation_started", person="ann")
    made.see(2 * MINUTE, "cause_identified", person="ann", cause="vendor").see(
        3 * MINUTE, "update_overdue", audience="internal"
    )
    assert made.crew.next_due() == NEVER


def test_ideal_responders_take_no_time_and_miss_no_page() -> None:
    for seed in SEEDS:
        assert table("ideal", seed).page(MINUTE).due("acknowledge") == MINUTE
        assert table("ideal", seed).see(2 * MINUTE, "investigation_started", person="ann").due("identify") == 2 * MINUTE


def test_ideal_responders_tell_people_before_it_is_due() -> None:
    made = table("ideal").see(MINUTE, "update_posted", person="bob", audience="internal")
    assert made.due("update") == MINUTE + EVERY - EVERY // 4


@pytest.mark.parametrize(
    ("treatment", "found"), [("modelled", {"vendor", "shop"}), ("ideal", {"vendor"}), ("wrong", {"shop"})]
)
def test_the_cause_is_found_by_chance_always_or_never(treatment: Any, found: set[str]) -> None:
    assert causes(treatment) == found


@pytest.mark.parametrize(
    ("treatment", "tried"),
    [
        ("modelled", ["look", "storm", "switch"]),
        ("ideal", ["switch"]),
        ("wrong", ["storm", "look", "storm", "switch"]),
    ],
)
def test_people_try_the_playbook_only_what_works_or_first_what_harms(treatment: Any, tried: list[str]) -> None:
    assert steps(treatment) == tried


def test_wrong_responders_are_as_quick_as_modelled_ones() -> None:
    for seed in SEEDS:
        wrong, modelled = (table(treatment, seed).page(MINUTE).intentions() for treatment in ("wrong", "modelled"))
        assert wrong == modelled
