"""ElevenLabs: websockets closed with 1008."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class ElevenLabsWebsocket(Steady):
    """A socket carries five contexts; the sixth closes it with 1008 `max_active_conversations`. Whoever reconnects at
    once comes back to the same limit, and a client that takes it for a hiccup loops for ever.
    """

    interrupted: Ratio
    """Share of turns that open a context without closing the one before, such as interruptions."""
    reconnects: Annotated[int, Ge(0), Le(20)] = 0
    """How often clients connect again at once."""

    LEVEL = "closing"

    def worst(self) -> Change:
        says = "websocket closed: 1008 max_active_conversations"
        return Change(self.interrupted, 502, client_retries=self.reconnects, spares_health=True, says=says)
