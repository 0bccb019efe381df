"""A token that is no longer valid."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class CredentialExpired(Steady):
    """Requests with the token are refused; the health page, which asks for none, is green. Retrying never succeeds."""

    ratio: Ratio = 1.0
    """Share of requests that carry the token."""
    status: Annotated[int, Ge(400), Le(499)] = 401
    """HTTP status of those."""

    def worst(self) -> Change:
        return Change(self.ratio, self.status, spares_health=True, says="invalid or expired token")
