"""A sequence of `gameday incident` commands with a clock of its own, which goes on where its journal says it was.

``python -m tests.drills.incident.sequence FOLDER`` does it once there, says how long that took, and then does it in a
child for every ``SECONDS FOLDER`` that it reads, killing the child after these seconds (0: never).
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

STEPS = (
    ("declare", "P1", "Voice is down"),
    ("join", "technical_lead"),
    ("join", "commander", "--as", "charlie.manager"),
    ("investigate",),
    ("update", "We look into it.", "--next", "15m"),
    ("identify", "elevenlabs"),
    ("mitigate", "fallback_to_text_interface"),
    ("update", "Voice is slow.", "--to", "customers"),
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


def play_in_a_child(folder: Path, kill_after_s: float) -> int:
    """How the child ended: 0, or -9 when it was killed."""
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
    if kill_after_s:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Serve a test."""
    began = time.perf_counter()
    play(Path(sys.argv[1]))
    print(f"took {time.perf_counter() - began}", flush=True)
    for line in sys.stdin:
        seconds, _, folder = line.rstrip("\n").partition(" ")
        print(f"ended {play_in_a_child(Path(folder), float(seconds))}", flush=True)


if __name__ == "__main__":
    main()
