"""A sequence of `gameday incident` commands with a clock of its own, which goes on where its journal says it was.

``python -m tests.drills.incident.sequence FOLDER`` does it once there and says how long the journal became. Then it
does it in a child for every ``BYTES SECONDS FOLDER`` that it reads, and kills the child so many seconds after its
journal has become so long (-1: never).
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from datetime import timedelta
from pathlib import Path

from drills.cli import cli
from drills.incident.desk import Desk
from tests.drills.incident.conftest import STARTS_AT

TOLD = ("impact=Calls fail", "progress=Falling back to text", "next_steps=Watch", "eta=10 minutes", "need_help=No")
STEPS = (
    ("declare", "P1", "Voice is down"),
    ("join", "technical_lead"),
    ("join", "commander", "--as", "charlie.manager"),
    ("investigate",),
    ("update", *TOLD, "--next", "15m"),
    ("identify", "elevenlabs"),
    ("mitigate", "fallback_to_text_interface"),
    ("update", "component=Voice", "eta=10 minutes", "--to", "customers"),
    ("mitigate", "fallback_to_text_interface", "--done"),
    ("monitor",),
    ("verify", "passed"),
    ("resolve",),
)
EVERY = timedelta(minutes=7)
"""Between two steps, so that deadlines pass."""


def accepted(desk: Desk) -> int:
    """Steps whose input is on disk."""
    names = desk.incidents()
    if not names:
        return 0
    return 1 + sum(record["type"] == "act_received" for record in desk.look(names[0]).journal.records)


def play(folder: Path) -> None:
    """Do the steps that have not been accepted, each at its own time, and say which were."""
    step = 0
    Desk.__init__.__kwdefaults__["clock"] = lambda: STARTS_AT + step * EVERY  # type: ignore[index]
    desk = Desk(folder, print)
    done = accepted(desk)
    if done:  # What a killed command had still to send is sent as if it had not been killed.
        step = done - 1
        desk.tend(desk.incidents()[0])
    for step in range(done, len(STEPS)):
        name, *words = STEPS[step]
        who = () if "--as" in words else ("--as", "alice.engineer")
        cli(["incident", name, "--folder", str(folder), *who, *words], standalone_mode=False)
        print(f"accepted {step + 1}", flush=True)


def play_in_a_child(folder: Path, kill_at_bytes: int, then_after_s: float) -> int:
    """How the child ended: 0, or -9 when it was killed: some time after the journal had grown to so many bytes."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            play(folder)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    ended, status = 0, 0
    while not ended and (kill_at_bytes < 0 or written(folder) < kill_at_bytes):
        time.sleep(0.0005)
        ended, status = os.waitpid(child, os.WNOHANG)
    if not ended:
        time.sleep(then_after_s)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def written(folder: Path) -> int:
    """Bytes of the journal."""
    return sum(path.stat().st_size for path in folder.glob("INC-*/journal.jsonl"))


def main() -> None:
    """Serve a test."""
    play(Path(sys.argv[1]))
    print(f"whole {written(Path(sys.argv[1]))}", flush=True)
    for line in sys.stdin:
        size, seconds, folder = line.rstrip("\n").split(" ", 2)
        print(f"ended {play_in_a_child(Path(folder), int(size), float(seconds))}", flush=True)


if __name__ == "__main__":
    main()
