"""Treatments: the policies that modelled responders may follow. Only `modelled` says anything about real people."""

from __future__ import annotations

from typing import Literal, NamedTuple

TreatmentName = Literal["modelled", "absent", "ideal", "wrong"]


class Treatment(NamedTuple):
    """How responders under a policy differ from what was drawn for them."""

    name: TreatmentName
    responds: bool
    """Whether anybody does anything at all."""
    waits: bool
    """Whether people take the time that was drawn for them, or none."""
    diagnosis: Literal["drawn", "right", "wrong"]
    """Whether the cause they name is right by the draw, always, or never."""
    actions: Literal["playbook", "effective", "harmful first"]
    """What they do about it: the playbook of the cause they named, only what works, or first what makes it worse."""


TREATMENTS: dict[TreatmentName, Treatment] = {
    "modelled": Treatment("modelled", True, True, "drawn", "playbook"),
    "absent": Treatment("absent", False, True, "drawn", "playbook"),
    "ideal": Treatment("ideal", True, False, "right", "effective"),
    "wrong": Treatment("wrong", True, True, "wrong", "harmful first"),
}
