"""Measures archief beside the bare limits of this machine and beside others, in one run, and prints ratios.

    scripts/bench.py [--events 100000] [--rounds 5] [--folder DIR] [--json]
                     [--only append,verify,replay,search,report,startup]

Only ratios within one run say anything: machines differ, and one machine differs from minute to minute. So every work
is done once a round, beside what it is compared with, each in a process of its own; a ratio is taken in each round, and
the middle one is printed. Archives are generated, realistic ones; with --folder they stay there for the next time. A
target is met or it is not: nothing here fails because of one, a noisy neighbour would too often be the cause.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
WORK = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from scripts.bench_works import main; main()"
"""Not as a script: the processes that a work starts would run the script once more."""
REPORTS = sorted(path.stem for path in (ROOT / "src/archief/reports/catalogue").glob("*.toml"))
LACKING = 3
"""What bench_works ends with when this checkout or machine cannot do a work."""

GIGABYTE = 1_000_000_000


class Row(NamedTuple):
    """A line of the table: our work beside others.

    Attributes:
        group: how ``--only`` calls it.
        what: how a person calls it.
        ours: our work.
        peers: the works it is compared with; their seconds are added up.
        by: "rate" compares units a second; "share" the others' seconds with ours; "cost" ours with the others';
            "memory" is ours, in gigabytes, and "seconds" ours, and nothing else.
        target: what the ratio should be, None where there is no target: what stands there explains another row.
    """

    group: str
    what: str
    ours: str
    peers: tuple[str, ...]
    by: str
    target: float | None = None

    def ratio(self, done: dict[str, dict[str, float]]) -> float:
        """The ratio in one round."""
        ours, peers = done[self.ours], [done[name] for name in self.peers]
        seconds = sum(peer["seconds"] for peer in peers)
        if self.by == "rate":
            return (ours["units"] / ours["seconds"]) / (peers[0]["units"] / seconds)
        if self.by == "share":
            return seconds / ours["seconds"]
        if self.by == "cost":
            return ours["seconds"] / seconds
        return ours["seconds"] if self.by == "seconds" else ours["memory"] / GIGABYTE

    def meets(self, ratio: float) -> bool | None:
        """Whether a ratio reaches the target."""
        if self.target is None:
            return None
        return ratio >= self.target if self.by in ("rate", "share") else ratio <= self.target


ROWS = (
    Row("append", "batches of 1,000 / eventsourcing", "append batch encoded", ("eventsourcing batch",), "rate", 8),
    Row("append", "batches of 1,000 / plain SQLite", "append batch encoded", ("sqlite batch",), "rate", 1.2),
    Row("append", "  rows encoded too / plain SQLite", "append batch encoded", ("sqlite batch encoded",), "rate"),
    Row("append", "  checked, encoded / eventsourcing", "append batch", ("eventsourcing batch",), "rate"),
    Row("append", "  checked, encoded / plain SQLite", "append batch", ("sqlite batch",), "rate"),
    Row("append", "single commits / eventsourcing", "append single", ("eventsourcing single",), "rate", 0.85),
    Row("append", "single commits / plain SQLite", "append single", ("sqlite single",), "rate", 0.5),
    Row("verify", "verify, 1 process / three hashes", "verify hashed 1", ("limit hashed",), "rate", 0.30),
    Row("verify", "verify, 2 processes / three hashes", "verify hashed 2", ("limit hashed",), "rate", 0.50),
    Row(
        "verify",
        "  signed letters, 1 process / hashes + signatures",
        "verify mixed 1",
        ("limit mixed", "limit signatures mixed"),
        "share",
    ),
    Row(
        "verify",
        "  signed letters, 2 processes / hashes + signatures",
        "verify mixed 2",
        ("limit mixed", "limit signatures mixed"),
        "share",
    ),
    Row("verify", "commit signatures / raw verify", "verify signatures", ("limit signatures 1",), "share", 0.9),
    Row("verify", "  all of it, all cores / raw verify", "verify singles", ("limit signatures all",), "share"),
    Row("verify", "verify --since, 1,000 entries / all", "verify since", ("verify mixed 1",), "cost", 1 / 200),
    Row("verify", "  an entry since / an entry of all", "verify since", ("verify mixed 1",), "rate"),
    Row("replay", "rebuild / read_json count(*)", "rebuild", ("duckdb count",), "rate", 0.28),
    Row("replay", "rebuild / dict fold with msgspec", "rebuild", ("python fold",), "rate", 2.2),
    Row("replay", "rebuild / eventsourcing's projection", "rebuild", ("eventsourcing projection",), "rate", 6),
    Row("replay", "rebuild of 5 times as much / rebuild", "rebuild large", ("rebuild",), "rate", 0.7),
    Row("replay", "rebuild of 5 times as much, GB", "rebuild large", (), "memory", 1.3),
    Row("replay", "one event caught up / rebuild", "catch up", ("rebuild",), "cost", 1 / 25),
    Row("replay", "  on 5 times as much / on one time", "catch up large", ("catch up",), "cost", 1.5),
    Row("search", "a word in all letters, s", "search", (), "seconds", 0.2),
    Row("search", "  a word / count(*) of the letters", "search", ("count letters",), "cost"),
    *(Row("report", f"{name}, a page, s", f"report {name}", (), "seconds", 2) for name in REPORTS),
    *(Row("report", f"  {name} / count(*)", f"report {name}", ("count events",), "cost") for name in REPORTS),
    Row("destroy", "1 letter in 100 events, of the whole archive, s", "destroy", (), "seconds", 60),
    Row("destroy", "  destroyed / its files rewritten", "destroy", ("rewrite payloads",), "cost"),
    Row("destroy", "  memory, GB", "destroy", (), "memory"),
    Row("destroy", "what is due on a day, s", "due", (), "seconds", 1),
    Row("destroy", "  due / count(*)", "due", ("count events",), "cost"),
    Row("startup", "command append / python -c pass", "start append", ("start python",), "cost", 8),
    Row("startup", "  keys sealed cheaply / python -c pass", "start append cheaply", ("start python",), "cost"),
    Row("startup", "command show / python + duckdb + open", "start show", ("start duckdb",), "cost", 1.25),
)
"""Every target of the project's measurements, and where one hides something, a row below it that shows it."""

PREPARING = {
    "append": (),
    "verify": ("make verified",),
    "replay": ("make mixed", "make large"),
    "search": ("make mixed",),
    "report": ("make mixed",),
    "destroy": ("make mixed",),
    "startup": (),
}
"""What is made and read before the first round, by group."""


class Measured(NamedTuple):
    """A row with what came out of it.

    Attributes:
        row: the row.
        rounds: what each of its works did in each round, by name; empty when one of them could not be done.
        lacking: why one could not be done.
    """

    row: Row
    rounds: list[dict[str, dict[str, float]]]
    lacking: str

    @property
    def ratio(self) -> float:
        """The middle of the rounds' ratios."""
        return statistics.median(self.row.ratio(done) for done in self.rounds)

    def shown(self, names: Sequence[str]) -> str:
        """What works did in the middle: a rate, or where the row compares seconds, those."""
        if not names:
            return ""
        seconds = statistics.median(sum(done[name]["seconds"] for name in names) for done in self.rounds)
        if self.row.by in ("cost", "share", "seconds"):
            return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:,.1f} s"
        return f"{self.rounds[0][names[0]]['units'] / seconds:,.0f}/s"

    def memory(self) -> float:
        """The most that our work held in any round, in bytes."""
        return max(done[self.row.ours]["memory"] for done in self.rounds)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        row = self.row
        known: dict[str, Any] = {"group": row.group, "what": row.what.strip(), "by": row.by, "target": row.target}
        if self.lacking:
            return known | {"skipped": self.lacking}
        ratios = [row.ratio(done) for done in self.rounds]
        return known | {
            "ours": self.shown([row.ours]),
            "beside": self.shown(row.peers),
            "ratio": self.ratio,
            "lowest": min(ratios),
            "highest": max(ratios),
            "met": row.meets(self.ratio),
            "memory_bytes": self.memory(),
        }

    def as_cells(self) -> list[str]:
        """For people."""
        row, sign = self.row, "≥" if self.row.by in ("rate", "share") else "≤"
        target = "" if row.target is None else f"{sign} {_figure(row.target)}"
        if self.lacking:
            return [row.what, "", "", "skipped", target, "", self.lacking]
        met = {True: "met", False: "missed", None: ""}[row.meets(self.ratio)]
        memory = f"{self.memory() / 1_000_000:,.0f} MB"
        return [row.what, self.shown([row.ours]), self.shown(row.peers), _figure(self.ratio), target, memory, met]


def _figure(ratio: float) -> str:
    return f"1/{1 / ratio:.0f}" if 0 < ratio < 0.1 else f"{ratio:.2f}"


def do(work: str, folder: Path, events: int) -> dict[str, float] | str:
    """Do a work in a process of its own: what it measured, or why it cannot be done here."""
    command = [sys.executable, "-c", WORK, work, str(folder), str(events)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode == LACKING:
        return ran.stderr
    if ran.returncode:
        sys.exit(f"{work} failed:\n{ran.stderr}")
    measured: dict[str, float] = json.loads(ran.stdout)
    return measured


def measure(rows: Sequence[Row], folder: Path, events: int, rounds: int) -> Iterator[Measured]:
    """Do every work once a round, those of a row close together, and put the rows together."""
    groups = dict.fromkeys(row.group for row in rows)
    for work in dict.fromkeys(work for group in groups for work in PREPARING[group]):
        _tell(work)
        do(work, folder, events)
    works = list(dict.fromkeys(work for row in rows for work in (row.ours, *row.peers)))
    lacking: dict[str, str] = {}
    done: list[dict[str, dict[str, float]]] = []
    for number in range(rounds):
        this: dict[str, dict[str, float]] = {}
        for work in works if number % 2 else works[::-1]:
            if work not in lacking:
                _tell(f"round {number + 1} of {rounds}: {work}")
                measured = do(work, folder, events)
                if isinstance(measured, str):
                    lacking[work] = measured
                else:
                    this[work] = measured
        done.append(this)
    _tell("")
    for row in rows:
        why = next((lacking[work] for work in (row.ours, *row.peers) if work in lacking), "")
        yield Measured(row, [] if why else done, why)


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{what}")
        sys.stderr.flush()


def table(measured: Sequence[Measured]) -> str:
    """The rows in columns."""
    heads = ["what", "ours", "beside", "ratio", "target", "memory", ""]
    cells = [heads, *(one.as_cells() for one in measured)]
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    lines = []
    for line in cells:
        right = (cell.rjust(width) for cell, width in zip(line[1:6], widths[1:], strict=True))
        lines.append("  ".join([line[0].ljust(widths[0]), *right, line[6]]).rstrip())
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=lambda text: int(float(text)), default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(PREPARING), help=f"{', '.join(PREPARING)}, or several")
    parser.add_argument("--folder", type=Path, help="where archives are made and kept; else they are thrown away")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    groups = given.only.split(",")
    if unknown := set(groups) - set(PREPARING):
        parser.error(f"--only {', '.join(sorted(unknown))}: there are {', '.join(PREPARING)}")
    rows = [row for row in ROWS if row.group in groups]
    with tempfile.TemporaryDirectory(prefix="archief-bench.") as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        measured = list(measure(rows, folder.resolve(), given.events, max(given.rounds, 1)))
    if given.json:
        report = {"events": given.events, "rounds": given.rounds, "rows": [one.as_json() for one in measured]}
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print(f"{given.events:,} events, {given.rounds} rounds\n\n{table(measured)}")


if __name__ == "__main__":
    main()
