"""Escalation: level by level until somebody takes the page, and by elapsed time until the incident is resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from drills.response.incident import Incident
from drills.response.on_call import everyone, on_call
from drills.response.paging import Page, Pager
from drills.response.states import EXPIRE, next_state
from scenarios.fields import format_duration
from scenarios.people import ChainStep

_LEVEL = "escalation level"
_ACKNOWLEDGEMENT = "acknowledgement"


class Ladder:
    """The pager's policy: everyone of a level is paged together; unanswered, the next level is, and after the last
    the first again, as often as the organisation repeats it.
    """

    def __init__(self, incident: Incident, pager: Pager) -> None:
        self._incident = incident
        self._pager = pager
        self._rung = -1
        """Levels tried so far, counting through the repeats, less one."""
        self._pages: list[Page] = []
        self.running = False
        """Whether it is still waiting for somebody to take it."""

    def restart(self, first: Iterable[str]) -> None:
        """Begin again at the first level, and page these persons too."""
        self._lapse()
        self._rung = -1
        self.climb(first)

    def raised(self) -> None:
        """It has turned out to be urgent: whoever was paged has the level's time from now on."""
        if self.running:
            self._settled()

    def climb(self, first: Iterable[str] = ()) -> None:
        """Page the next level at which anybody is on call, and before them whoever is named."""
        self.running = True
        policy = self._incident.policy
        while self._rung + 1 < len(policy.levels) * (policy.repeats + 1):
            self._rung += 1
            level = policy.levels[self._rung % len(policy.levels)]
            persons = everyone(self._incident.organization, level.targets, self._incident.calendar)
            if persons or first:
                reason = f"{_LEVEL} {self._level}"
                self._pages = [
                    self._pager.page(person, reason, self._settled) for person in dict.fromkeys([*first, *persons])
                ]
                return

    def stop(self) -> None:
        """Somebody has taken it: nobody else needs to be paged for it."""
        self.running = False
        self._incident.deadlines.cancel(_LEVEL)
        self._lapse()

    @property
    def _level(self) -> int:
        return self._rung % len(self._incident.policy.levels) + 1

    def _settled(self) -> None:
        # The first page of the level to be settled starts the level's time; what can wait never escalates.
        if not self._incident.low_urgency and self._incident.deadlines.due_ms(_LEVEL) is None:
            timeout = self._incident.policy.levels[self._level - 1].timeout
            self._incident.set_deadline(_LEVEL, self._incident.now_ms + timeout, self._timed_out)

    def _timed_out(self) -> None:
        self._incident.emit("page_timed_out", level=self._level)
        self._lapse()
        self.climb()

    def _lapse(self) -> None:
        for page in self._pages:
            if page.open:
                self._pager.lapse(page)


class Acknowledgement:
    """Whether it is still in somebody's hands: taken, and then nothing for a while, counts as not taken."""

    def __init__(self, incident: Incident, ladder: Ladder) -> None:
        self._incident = incident
        self._ladder = ladder
        self._taken_by: str | None = None

    def activity(self, person: str) -> None:
        """Somebody does something: whoever took it first answers for it, and the time begins anew."""
        timeout = self._incident.policy.ack_timeout
        if timeout is None or not self._incident.open or self._incident.low_urgency:
            self.stop()
            return
        if person in self._incident.organization.people:
            self._taken_by = self._taken_by or person
        self._ladder.stop()
        self._incident.set_deadline(_ACKNOWLEDGEMENT, self._incident.now_ms + timeout, self._expired)

    def stop(self) -> None:
        """The incident is over, or minor: nobody has to keep it in hand."""
        self._incident.deadlines.cancel(_ACKNOWLEDGEMENT)

    def _expired(self) -> None:
        person, self._taken_by = self._taken_by, None
        self._incident.state = next_state(self._incident.state, EXPIRE)
        self._incident.emit("acknowledgement_expired", person=person)
        self._ladder.restart([] if person is None else [person])


class Chain:
    """Whom an incident reaches because it has not been resolved for so long."""

    def __init__(
        self, incident: Incident, pager: Pager, is_engaged: Callable[[str], bool], customers_told: Callable[[], bool]
    ) -> None:
        self._incident = incident
        self._pager = pager
        self._is_engaged = is_engaged
        self._customers_told = customers_told
        self._steps: dict[str, tuple[int, ChainStep]] = {}
        """Steps not yet taken, by the name of their deadline, and when each falls due."""

    def declared(self) -> None:
        """Reach at once those whom the severity names, where it pages anybody."""
        severity = self._incident.declared
        if severity.pages:
            for person in severity.escalates_to:
                self.reach(person, f"severity {self._incident.severity}")

    def start(self) -> None:
        """Begin counting; the first signal has come."""
        for number, step in enumerate(self._incident.policy.chain, start=1):
            self._steps[f"chain {number}"] = (self._incident.now_ms + step.after, step)
        self.resume()

    def pause(self) -> None:
        """The incident is resolved: leave everyone else in peace."""
        for name in self._steps:
            self._incident.deadlines.cancel(name)

    def resume(self) -> None:
        """Wait for the steps not yet taken; those that fell due meanwhile are due now."""
        for name, (due_ms, _) in self._steps.items():
            self._incident.set_deadline(name, due_ms, lambda name=name: self._due(name))  # type: ignore[misc]

    def look_again(self) -> None:
        """Take the steps that were due but whose condition did not hold, if it holds now."""
        for name, (due_ms, _) in list(self._steps.items()):
            if due_ms <= self._incident.now_ms and self._incident.deadlines.due_ms(name) is None:
                self._due(name)

    def _due(self, name: str) -> None:
        _, step = self._steps[name]
        if not self._holds(step):
            return
        del self._steps[name]
        reason = f"not resolved for {format_duration(step.after)}"
        for person in on_call(self._incident.organization, step.target, self._incident.calendar):
            self.reach(person, reason)

    def reach(self, person: str, reason: str) -> None:
        """Page somebody who neither takes part nor is being called already."""
        if not self._is_engaged(person) and not self._pager.is_called(person):
            self._incident.emit("incident_escalated", to=person, reason=reason)
            self._pager.page(person, reason)

    def _holds(self, step: ChainStep) -> bool:
        if self._incident.low_urgency:
            return False
        if step.condition == "always":
            return True
        severities = self._incident.organization.severities
        severity = self._incident.working_severity
        if step.condition == "major_impact":
            return severity in severities and severities[severity].pages
        return self._customers_told() or severity == next(iter(severities))
