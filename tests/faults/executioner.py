"""A process that carries a destruction out and kills itself at a boundary between its steps.

python -m tests.faults.executioner AT NOW WORD…

AT: the boundary, from 0; -1 kills at none and prints how many there are. NOW: the time on its clock.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from archief import durable, erasure
from archief.cli.destruction import derived
from archief.cli.main import run
from archief.cli.session import Session
from archief.keys import Cost
from archief.projections.projector import Projector
from archief.storage.local import LocalStorage

STEPS: tuple[tuple[Any, str], ...] = (
    (LocalStorage, "append_commit"),
    (LocalStorage, "erase"),
    (durable, "remove_all"),
    (durable, "replace_with"),
    (derived, "clear"),
    (derived, "delete_exports"),
    (erasure, "demand_absence"),
    (derived, "forget_exports"),
    (Projector, "replay"),
)
"""Before and after each of these is a boundary."""


class Boundaries:
    """Counts boundaries, and ends the process at one of them as ``kill -9`` does."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.passed = 0

    def reach(self) -> None:
        if self.passed == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            self.reach()
            result = function(*args, **named)
            self.reach()
            return result

        return call


def main(at: int, now: str, words: list[str]) -> int:
    boundaries = Boundaries(at)
    for place, name in STEPS:
        setattr(place, name, boundaries.around(getattr(place, name)))
    moment = dt.datetime.fromisoformat(now)
    session = Session(os.environ, lambda: moment, os.urandom, Cost(log2_n=10), 5.0)
    code = run(words, session)
    if at < 0:
        print(f"boundaries {boundaries.passed}")
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
