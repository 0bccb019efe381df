"""The luck of modelled people: how long things take them and what happens to them, drawn from the profiles.

Every draw is keyed by person, purpose and how many times before, so that one more in one place moves nothing elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from scenarios.profiles import Profiles, Value
from simulator.detection import is_day
from simulator.responders.treatments import Treatment
from simulator.world import World

INERTIA_HALF_LIFE_MIN = 7
INERTIA_ASYMPTOTE = 1.1
"""Sleep inertia: slowdown = asymptote + (factor at waking - asymptote) * 2^(-minutes / half-life); see the profiles."""

LATENESS = ((0.87, 300_000), (0.96, 900_000), (1.0, 1_800_000))
"""Promised updates that are late: cumulative share by lateness in ms, straight lines between. 87 % come within 5 min
and 96 % within 15 (Google Cloud status pages, n = 273, as `update_on_time` in the profiles); 30 min at most."""

EARLY_SHARE = 0.25
"""An update that is on time comes at most this share of the interval early (proposal)."""


class Luck:
    """What is drawn for everybody, under one treatment."""

    def __init__(self, world: World, profiles: Profiles, treatment: Treatment, awake_since: Mapping[str, int]) -> None:
        self._world, self._profiles, self._treatment, self._awake_since = world, profiles, treatment, awake_since
        self.counts: Counter[tuple[str, str]] = Counter()
        """Draws so far by person and purpose."""

    def forgotten(self, role: str) -> bool:
        """Whether an item of a checklist is forgotten, by whoever holds the role then."""
        share = self._profiles.parameters["forgotten_item"].values[0].share
        assert share is not None
        number = self.count("forgotten_item", role)
        return self._treatment.waits and self._world.draws.uniform(role, "forgotten_item", number) < share

    def duration_ms(self, purpose: str, person: str, tired: bool = False) -> int:
        """How long something takes a person this time, ms; nothing under a treatment that does not wait."""
        number = self.count(purpose, person)
        if not self._treatment.waits:
            return 0
        value = self._value(purpose, person)
        assert value.median is not None
        assert value.sigma is not None
        median_ms = value.median * (self._slowdown(person) if tired else 1.0)
        return self._world.draws.lognormal_ms(median_ms, value.sigma, person, purpose, number)

    def happens(self, purpose: str, person: str) -> bool:
        """Whether something that happens in a share of cases happens this time."""
        number = self.count(purpose, person)
        share = self._value(purpose, person).share
        assert share is not None
        return self._world.draws.uniform(person, purpose, number) < share

    def lateness_ms(self, purpose: str, person: str, interval_ms: int) -> int:
        """How long after its promise an update is posted, ms; negative: before it."""
        number = self.count(purpose, person)
        early_ms = -int(interval_ms * EARLY_SHARE)
        if not self._treatment.waits:
            return early_ms
        on_time = self._value("update_on_time", person).share
        assert on_time is not None
        share = self._world.draws.uniform(person, purpose, number)
        below, below_ms, at_ms = 0.0, early_ms, 0
        for until, until_ms in ((on_time, 0), *LATENESS):
            if share <= until:
                at_ms = until_ms
                return below_ms + round((at_ms - below_ms) * (share - below) / (until - below))
            below, below_ms = until, until_ms
        return below_ms

    def count(self, purpose: str, person: str) -> int:
        self.counts[person, purpose] += 1
        return self.counts[person, purpose]

    def _value(self, purpose: str, person: str) -> Value:
        who = self._world.organization.people[person]
        day = is_day(self._world.organization, self._world.scenario.starts_at, self._world.now)
        return self._profiles.parameters[purpose].value(who.profile, "day" if day else "night", who.training)

    def _slowdown(self, person: str) -> float:
        """How many times longer thinking takes for somebody who was woken a while ago."""
        at_waking = self._value("sleep_inertia", person).factor
        assert at_waking is not None
        if at_waking <= INERTIA_ASYMPTOTE:
            return at_waking
        minutes = (self._world.now - self._awake_since.get(person, self._world.now)) / 60_000
        return INERTIA_ASYMPTOTE + (at_waking - INERTIA_ASYMPTOTE) * 2 ** (-minutes / INERTIA_HALF_LIFE_MIN)
