"""The channels on which customers are told (status page, letters, notices in the product), and which got through."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drills.response.delivery import Delivery
from drills.response.incident import Incident
from scenarios.organization import Organization

CHANNELS = {"status_page": "publish", "email": "send_email", "in_app": "notify_in_app"}
"""The tool of each channel, and the command that it takes."""


def available(organization: Organization) -> tuple[str, ...]:
    """The channels for which the organisation has a tool."""
    return tuple(name for name in CHANNELS if getattr(organization.tools, name) is not None)


class Channels:
    """What is on its way to customers, and what has reached them."""

    def __init__(self, incident: Incident, delivery: Delivery, on_delivered: Callable[[], None]) -> None:
        """`on_delivered` is called whenever a channel took something."""
        self._incident = incident
        self._delivery = delivery
        self._on_delivered = on_delivered
        self._available = available(incident.organization)
        self._latest: dict[str, str] = {}
        """Key of the latest command by channel."""
        self._reached: set[str] = set()

    @property
    def used(self) -> bool:
        """Whether customers have been written to at all, delivered or not."""
        return bool(self._latest)

    @property
    def all_reached(self) -> bool:
        """Whether every channel has taken something since the promise to tell customers was made."""
        return self._reached.issuperset(self._available)

    def begin(self) -> None:
        """A new promise to tell customers: no channel has kept it yet."""
        self._reached.clear()

    def has_reached(self, channel: str) -> bool:
        """Whether a channel has taken something since then."""
        return channel in self._reached

    def send(self, channel: str, fields: Mapping[str, str]) -> None:
        """Tell customers on a channel. What is still on its way there is dropped: retried later, it would take back
        what holds now.
        """
        earlier = self._latest.get(channel)
        key = self._delivery.send(CHANNELS[channel], fields, lambda: self._delivered(channel))
        self._latest[channel] = key
        if earlier is not None:
            self._delivery.drop(earlier, f"superseded by {key}")

    def _delivered(self, channel: str) -> None:
        self._reached.add(channel)
        self._on_delivered()
