"""Checklists: opened by what happens, ticked by what the journal proves or by a seat, and due after a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drills.response.incident import Incident
from drills.response.messages import Emission
from scenarios.procedure import Checklist, Proof

OPENED_BY = {
    "incident_triggered": "detected",
    "incident_declared": "declared",
    "monitoring_started": "monitoring",
    "incident_resolved": "resolved",
}


class Checklists:
    """The organisation's checklists, and which of their items are still to be done."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self._left: dict[str, dict[str, list[Proof]]] = {}
        """Items not done of each open checklist, with the proofs that have not come yet."""
        self._expecting: dict[str, set[str]] = {}
        """Open checklists by the type of record that may prove one of their items."""

    @property
    def items_left(self) -> tuple[str, ...]:
        """Every item that can be ticked now."""
        return tuple(item for left in self._left.values() for item in left)

    def follow(self, emissions: Sequence[Emission]) -> None:
        """Open and tick what these emissions, which are about to be handed out, give rise to."""
        for number, emission in enumerate(emissions, start=1):
            kind, fields, _ = emission
            for name in sorted(self._expecting.get(kind, ())):
                self._prove(name, kind, fields, -number)
            if kind in OPENED_BY:
                self._open(OPENED_BY[kind], -number)

    def tick(self, person: str, items: Sequence[str]) -> None:
        """Somebody says that these items are done."""
        for name, left in self._left.items():
            done = [item for item in items if item in left]
            if done:
                self._incident.emit("items_ticked", checklist=name, items=done, person=person)
                self._done(name, done)

    def resolved(self) -> None:
        """What has no other time was due by now, and nothing before the resolution is reminded of any more."""
        for name in self._left:
            self._incident.deadlines.cancel(_deadline(name))

    def closed(self) -> None:
        """Nothing on any checklist can be done any more; what is due at this very moment is told missing first."""
        for name in self._left:
            if self._incident.deadlines.due_ms(_deadline(name)) == self._incident.now_ms:
                self._due(name)
        self.resolved()
        self._left.clear()
        self._expecting.clear()

    def _open(self, milestone: str, because: int) -> None:
        for name, checklist in self._incident.organization.checklists.items():
            if checklist.from_ == milestone:
                self._left[name] = {item.id: list(item.proof) for item in checklist.items}
                for item in checklist.items:
                    for proof in item.proof:
                        self._expecting.setdefault(proof.event, set()).add(name)
                self._incident.follow_up("checklist_opened", because, checklist=name)
                self._remind(name, checklist)

    def _remind(self, name: str, checklist: Checklist) -> None:
        if checklist.within is not None:
            due_ms = self._incident.now_ms + checklist.within
            self._incident.set_deadline(_deadline(name), due_ms, lambda: self._due(name))

    def _due(self, name: str) -> None:
        self._incident.emit("checklist_due", checklist=name, missing=list(self._left[name]))

    def _prove(self, name: str, kind: str, fields: Mapping[str, Any], because: int) -> None:
        done = []
        for item, proofs in self._left.get(name, {}).items():
            came = [proof for proof in proofs if proof.event == kind and _holds(proof, fields)]
            for proof in came:
                proofs.remove(proof)
            if came and not proofs:
                done.append(item)
        if done:
            self._incident.follow_up("items_ticked", because, checklist=name, items=done)
            self._done(name, done)

    def _done(self, name: str, items: Sequence[str]) -> None:
        for item in items:
            del self._left[name][item]
        if not self._left[name]:
            self._incident.deadlines.cancel(_deadline(name))


def _deadline(name: str) -> str:
    return f"checklist {name}"


def _holds(proof: Proof, fields: Mapping[str, Any]) -> bool:
    for path, wanted in proof.where.items():
        value: Any = fields
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if (str(value).lower() if isinstance(value, bool) else value) != wanted:
            return False
    return True
