"""Commands killed at any moment: nothing accepted is lost, and the journal is as if nothing had happened."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drills.incident.desk import Desk
from tests.drills.incident.sequence import STEPS, accepted
from tests.drills.incident.tools import Tools

ROOT = Path(__file__).parents[3]
ROUNDS = 20
MOST_KILLS = 2
LATER_S = 0.02
"""How long after the journal has grown to its length the kill comes at most: about a command's time."""


class Sequence:
    """The sequence in children of a process that has everything loaded, so that a child is where it matters at once."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.size = int(self._told("whole")[-1])
        """Bytes of the journal of the whole sequence."""

    def play(self, folder: Path, kill_at_bytes: int = -1, then_after_s: float = 0) -> tuple[int, int]:
        """How it ended, and the last step that it told to be accepted."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kill_at_bytes} {then_after_s} {folder}\n")
        self._process.stdin.flush()
        *told, ended = self._told("ended", "accepted")
        return int(ended), int(told[-1]) if told else 0

    def _told(self, last: str, *others: str) -> list[str]:
        """What follows these words at the beginning of a line, up to the line that begins with `last`."""
        assert self._process.stdout is not None
        found = []
        for line in self._process.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == last:
                return [*found, rest]
            if word in others:
                found.append(rest)
        raise AssertionError(f"ended before it said {last}")


@contextmanager
def sequences(folder: Path, tools: Tools) -> Iterator[Sequence]:
    """Sequences can be played; the first has been, in this folder."""
    words = [sys.executable, "-m", "tests.drills.incident.sequence", str(folder)]
    environ = {**os.environ, **tools.environ}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, cwd=ROOT, env=environ, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield Sequence(process)
    assert process.returncode == 0


def test_killed_commands_end_with_the_journal_of_uninterrupted_ones(tmp_path: Path, tools: Tools) -> None:
    """Twenty times the same commands, killed once or twice at moments drawn at random, and then gone on with."""
    killed = 0
    with sequences(tmp_path / "whole", tools) as sequence:
        (whole,) = (tmp_path / "whole").glob("INC-*/journal.jsonl")
        requests = {str(body) for _, body, _ in tools.received}
        for number in range(ROUNDS):
            draw = random.Random(number)
            folder = tmp_path / str(number)
            for _ in range(draw.randint(1, MOST_KILLS)):
                ended, told = sequence.play(folder, draw.randrange(sequence.size), draw.uniform(0, LATER_S))
                killed += ended == -9
                assert accepted(Desk(folder, lambda _: None)) >= told, "what was told as accepted is there"
            assert sequence.play(folder)[0] == 0
            (journal,) = folder.glob("INC-*/journal.jsonl")
            assert journal.read_bytes() == whole.read_bytes()
    assert accepted(Desk(tmp_path / "whole", lambda _: None)) == len(STEPS)
    assert killed >= ROUNDS, "hardly a process was killed"
    assert {str(body) for _, body, _ in tools.received} == requests, "whatever was sent again had the same key"
    assert {status // 100 for _, _, status in tools.received} == {2}
