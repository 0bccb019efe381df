"""Responder profiles: how long people take and how often they err, each parameter with its source and confidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Gt, MinLen

from scenarios.fields import Duration, Ratio, model

Hours = Literal["day", "night"]


@model
class Value:
    """A row: the conditions under which it holds, and a lognormal duration, a share or a factor."""

    profile: Literal["primary", "secondary", "manager", "executive"] | None = None
    """The kind of person for which it holds; none: any."""
    hours: Hours | None = None
    """The time of day, as the organisation counts it, in which it holds; none: any."""
    training: Literal["trained", "novice"] | None = None
    """The training for which it holds; none: any."""
    median: Duration | None = None
    """Of a duration: half of all draws are shorter."""
    sigma: Annotated[float, Gt(0)] | None = None
    """Of the natural logarithm."""
    share: Ratio | None = None
    """How often something happens that may or may not."""
    factor: Annotated[float, Ge(1)] | None = None
    """How many times longer than otherwise something takes."""


@model
class Parameter:
    """What is drawn, where the figures come from and how far they can be trusted, and the figures."""

    means: str
    """What is drawn, in words."""
    source: str
    """Where the figures come from."""
    confidence: str
    """How far they can be trusted."""
    values: Annotated[tuple[Value, ...], MinLen(1)]
    """Rows, of which the first whose conditions hold is taken."""

    def value(self, profile: str, hours: Hours, training: str) -> Value:
        """The first row whose conditions hold."""
        for value in self.values:
            if value.profile in (None, profile) and value.hours in (None, hours) and value.training in (None, training):
                return value
        raise LookupError(f"no value for {profile}, {hours}, {training}")


@model
class Profiles:
    """All parameters of modelled responders, by purpose."""

    profiles: str
    """Their id."""
    title: str
    """Their name."""
    parameters: dict[str, Parameter]
    """What is drawn, by name."""


DEFAULT = Path(__file__).with_name("default.yaml")
"""The profiles that come with the library."""


def load_profiles(path: Path = DEFAULT) -> Profiles:
    """Profiles from a file; InputError says everything that is wrong with it."""
    from scenarios.documents import read_document
    from scenarios.validation import build

    return build(Profiles, read_document(path))
