"""A quota that is used up refuses everything, whatever is retried."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.organization import Dependency
from simulator.faults.elevenlabs_quota import ElevenLabsQuota
from simulator.flow import Flow
from tests.simulator.faults.bench import organization, struck


@pytest.mark.parametrize(("over", "says"), [("http", "quota_exceeded"), ("websocket", "1008")])
def test_logs_say_how_it_was_told(over: str, says: str) -> None:
    assert says in struck(ElevenLabsQuota(over=over))["vendor"].says  # type: ignore[arg-type]


def test_no_number_of_retries_helps() -> None:
    patient = organization()
    shop = replace(patient.services["shop"], depends_on={"vendor": Dependency(retries=9)})
    flow = Flow(replace(patient, services={**patient.services, "shop": shop}))
    solution = flow.solve({"vendor": (ElevenLabsQuota().worst(),)})
    assert (solution["shop"].error_ratio, solution["vendor"].own_error_ratio) == (1, 0)
