"""What the fields of an act have to be; an act that falls short is refused with what is expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drills.response.messages import Act
from drills.response.states import ActionRefused


class Demands:
    """Demands on acts. `refuse` makes the refusal from its reason."""

    def __init__(self, refuse: Callable[[str], ActionRefused]) -> None:
        self.refuse = refuse

    def text(self, act: Act, name: str) -> None:
        """The field holds some text."""
        value = act.fields.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(f"{act.action} needs a {name}")

    def one_of(self, act: Act, name: str, known: tuple[Any, ...]) -> None:
        """The field holds one of the values that are known."""
        value = act.fields.get(name)
        if value not in known:
            raise self.refuse(f"{act.action} needs a {name}, one of {', '.join(map(str, known))} (got {value})")
