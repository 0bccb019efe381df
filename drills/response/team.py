"""The response team: who holds which role, and finding somebody for each that is empty."""

from __future__ import annotations

from collections.abc import Iterable

from drills.response.incident import Incident
from drills.response.on_call import everyone
from drills.response.paging import Page, Pager


class Team:
    """The roles that the severity requires, their holders, and whom each was offered to meanwhile."""

    def __init__(self, incident: Incident, pager: Pager) -> None:
        self._incident = incident
        self._pager = pager
        self.holders: dict[str, str] = {}
        """Role to person, for those who joined."""
        self.offers: dict[str, str] = {}
        """Role to the person who is asked to take it, until somebody joins it."""
        self._asked: dict[str, str] = {}
        """Role to whom it was offered last, taken or not."""
        self._pages: dict[str, Page] = {}
        self._assembled = False

    def reserve(self, volunteers: Iterable[str]) -> dict[str, str]:
        """Offer each of those who are at work already the first required role that they can take, and return these
        offers, role to person. They need no page.
        """
        for person in volunteers:
            for role in self._incident.declared.roles:
                if role not in self.offers and self._is_free(person) and person in self._candidates(role):
                    self.offers[role] = self._asked[role] = person
        return dict(self.offers)

    def fill(self) -> None:
        """Page somebody for each role that is required, empty and not on offer, if the severity pages at all."""
        if self._incident.declared.pages:
            for role in self._incident.declared.roles:
                if role not in self.holders and role not in self.offers:
                    self._call(role)

    def stop(self) -> None:
        """The incident is resolved: look for nobody."""
        for role in self._incident.declared.roles:
            self._withdraw(role)

    def role_of(self, person: str) -> str | None:
        """The role that the person holds."""
        return next((role for role, holder in self.holders.items() if holder == person), None)

    def why_not_join(self, role: str, person: str) -> str | None:
        """Why the person cannot take the role, if so."""
        if role not in self._incident.organization.roles:
            return f"there is no role {role}"
        if role in self.holders:
            return f"{role} is taken by {self.holders[role]}"
        held = self.role_of(person)
        return f"{person} holds {held}" if held else None

    def severity_changed(self) -> None:
        """Other roles are required from now on: look for those, and for no other."""
        required = self._incident.declared.roles
        for role in [role for role in self.offers if role not in required]:
            self._withdraw(role)
        self.reserve(self._pager.acknowledged)
        self._look_whether_assembled()
        self.fill()

    def join(self, role: str, person: str) -> None:
        """The person takes the role; whatever else was offered to them goes to others."""
        self._pager.answer(person)
        self.holders[role] = person
        self._incident.emit("role_joined", person=person, role=role)
        self._withdraw(role)
        for other in [other for other, asked in self.offers.items() if asked == person]:
            self._withdraw(other)
        self._look_whether_assembled()
        self.fill()

    def _look_whether_assembled(self) -> None:
        required = self._incident.declared.roles
        if not self._assembled and all(name in self.holders for name in required):
            self._assembled = True
            self._incident.conclude("team_assembled", roles=list(required))

    def acknowledged(self, person: str) -> None:
        """The person answered: what was offered to them waits for them to join. Somebody to whom nothing is offered, as
        when their time had run out, gets the first role that they can take and for which nobody else has answered.
        """
        offered = [role for role, asked in self.offers.items() if asked == person]
        for role in offered:
            self._incident.deadlines.cancel(f"role {role}")
        if self._incident.severity is None or offered or self.role_of(person):
            return
        for role in self._incident.declared.roles:
            page = self._pages.get(role)
            unanswered = role not in self.offers or (page is not None and page.open)
            if role not in self.holders and unanswered and person in self._candidates(role):
                self._withdraw(role)
                self.offers[role] = self._asked[role] = person
                return

    def _candidates(self, role: str) -> tuple[str, ...]:
        filled_by = self._incident.organization.roles[role].filled_by
        return everyone(self._incident.organization, filled_by, self._incident.calendar)

    def _is_free(self, person: str) -> bool:
        return person not in self.holders.values() and person not in self.offers.values()

    def _call(self, role: str) -> None:
        """Page the next free candidate after the one asked last, going round; nobody free: look again later."""
        candidates = self._candidates(role)
        last = self._asked.get(role)
        start = candidates.index(last) + 1 if last in candidates else 0
        person = next((one for one in candidates[start:] + candidates[:start] if self._is_free(one)), None)
        if person is None:
            self._wait(role)
            return
        self.offers[role] = self._asked[role] = person
        self._pages[role] = self._pager.page(person, f"role {role}", lambda: self._wait(role))

    def _wait(self, role: str) -> None:
        timeout = self._incident.organization.escalation.levels[0].timeout
        self._incident.set_deadline(f"role {role}", self._incident.now_ms + timeout, lambda: self._timed_out(role))

    def _timed_out(self, role: str) -> None:
        self._withdraw(role)
        self.fill()

    def _withdraw(self, role: str) -> None:
        self._incident.deadlines.cancel(f"role {role}")
        self.offers.pop(role, None)
        page = self._pages.pop(role, None)
        if page and page.open:
            self._pager.lapse(page)
