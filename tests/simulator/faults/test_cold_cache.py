"""An emptied cache sends everything to what is behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.organization import Dependency, Service
from scenarios.resilience import Cache
from simulator.faults.cold_cache import ColdCache
from simulator.flow import Flow
from tests import builders


def test_what_the_cache_kept_away_arrives() -> None:
    small = builders.organization()
    shop = replace(small.services["shop"], depends_on={"store": Dependency()}, cache=Cache(hit_ratio=0.9))
    flow = Flow(replace(small, services={**small.services, "shop": shop, "store": Service(title="Store")}))
    assert flow.solve({})["store"].requests_per_s == pytest.approx(2)
    assert flow.solve({"shop": (ColdCache().worst(),)})["store"].requests_per_s == pytest.approx(20)


def test_it_needs_a_service_with_a_cache() -> None:
    assert ColdCache.NEEDS == ("cache",)
