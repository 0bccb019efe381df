"""Paging: one page to one person at a time of need, and who has answered."""

from __future__ import annotations

from collections.abc import Callable

from drills.response.delivery import Delivery, nothing
from drills.response.incident import Incident


class Page:
    """A page to one person. It is open until the person answers it or its time has run out."""

    __slots__ = ("answered", "key", "lapsed", "person")

    def __init__(self, person: str) -> None:
        self.person = person
        self.key = ""
        self.answered = False
        self.lapsed = False

    @property
    def open(self) -> bool:
        """Whether an answer is still being waited for. One whose time ran out can be answered all the same."""
        return not self.answered and not self.lapsed


class Pager:
    """Every page of the incident, whatever it is for."""

    def __init__(self, incident: Incident, delivery: Delivery) -> None:
        self._incident = incident
        self._delivery = delivery
        self._pages: list[Page] = []
        self.acknowledged: list[str] = []
        """Who has acknowledged a page, in order, each once."""

    def page(self, person: str, reason: str, on_settled: Callable[[], None] = nothing) -> Page:
        """Page somebody. `on_settled` is called when the pager has taken the page, or will never take it: from then
        on it is up to the person, who in the second case will not answer. It is not called for a page that has been
        answered or has lapsed.
        """
        page = Page(person)
        incident = self._incident
        fields = {"to": person, "summary": incident.title, "severity": incident.working_severity, "reason": reason}
        page.key = self._delivery.send("page", fields, on_settled, on_settled)
        self._pages.append(page)
        return page

    def lapse(self, page: Page) -> None:
        """Stop waiting for an answer, and stop trying to deliver the page."""
        page.lapsed = True
        self._delivery.drop(page.key, "no longer needed")

    def lapse_all(self) -> None:
        """Stop waiting for anybody."""
        for page in self._pages:
            if page.open:
                self.lapse(page)

    def was_paged(self, person: str) -> bool:
        """Whether the person has been paged at all."""
        return any(page.person == person for page in self._pages)

    def is_called(self, person: str) -> bool:
        """Whether the person is being paged now."""
        return any(page.person == person and page.open for page in self._pages)

    def answer(self, person: str) -> bool:
        """Count every page to the person as answered; whether there was one that was not."""
        waiting = [page for page in self._pages if page.person == person and not page.answered]
        for page in waiting:
            page.answered = True
            self._delivery.drop(page.key, "answered")
        return bool(waiting)

    def acknowledge(self, person: str) -> None:
        """Record that the person takes the page; to say so again says nothing new."""
        if not self.answer(person):
            return
        if person not in self.acknowledged:
            self.acknowledged.append(person)
        self._incident.emit("page_acknowledged", person=person)
