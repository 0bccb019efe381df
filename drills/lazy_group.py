"""A group of commands of which some are imported only when they are asked for: starting up is fast."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """`lazy` gives commands that are not loaded yet, as ``module:name``, by the word that calls them."""

    def __init__(self, *arguments: Any, lazy: dict[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context | None) -> list[str]:  # noqa: ARG002 - click's
        """All words, in alphabetical order."""
        return sorted({*self.commands, *self._lazy})

    def get_command(self, ctx: click.Context | None, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a word; None if there is none."""
        if cmd_name not in self.commands and cmd_name in self._lazy:
            module, _, name = self._lazy[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), name), cmd_name)
        return self.commands.get(cmd_name)

    def load(self) -> Mapping[str, click.Command]:
        """All commands, those that were to be loaded behind the others."""
        for word in self._lazy:
            self.get_command(None, word)
        at_once = [word for word in self.commands if word not in self._lazy]
        return {word: self.commands[word] for word in (*at_once, *self._lazy)}
