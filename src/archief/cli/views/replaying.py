"""``archief replay``: work out the current state from the log, again."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import click

from archief.cli import exported, moment, outfile, state
from archief.cli.output import counted
from archief.cli.session import Session
from archief.cli.trust import verifying
from archief.cli.verbs import verb
from archief.errors import NoArchiveError, NotFoundError, UsageError, WriteFailedError


@verb(
    "replay",
    example="""
    archief replay
    archief replay --full
    archief replay --until 2021-04-15 --into april.duckdb
    """,
    exits=(NoArchiveError, NotFoundError, WriteFailedError, *verifying.FAULTS),
)
@click.option("--full", is_flag=True, help="From the first entry, also when the state is only behind.")
@click.option(
    "--until", metavar="DATE|SIZE", help="Stop at the end of that day (Europe/Amsterdam), or at that many entries."
)
@click.option("--on", "day", metavar="DATE", help="The same as --until with a day.")
@click.option("--into", type=click.Path(path_type=Path), metavar="FILE", help="Write a state file of its own.")
def replay(session: Session, *, full: bool, until: str | None, day: str | None, into: Path | None) -> None:
    """Work out the current state from the log: the tables that list, search, sql and reports read.

    What was not verified yet is verified first; only then is it projected. The state is never the truth: delete it, and
    this makes it again. Whether what the log says keeps the rules is for archief audit.
    """
    if until is not None and day is not None:
        raise UsageError("--until and --on are the same; give one")
    if into is not None:
        outfile.target(session, into, "--into")
    log = session.log()
    test = session.is_test(log)
    wanted = until or day
    if wanted is not None and into is None:
        raise UsageError(
            "a past state goes into a file of its own", where="--until", remedy="name one with --into FILE"
        )
    position = moment.of(log, wanted) if wanted is not None else moment.Position(log.size, log.last_commit.time)
    begun = time.monotonic()
    until_size = position.size if wanted is not None else None
    with (
        exported.noted(session, log.origin, position.size, "state", into, None)
        if into is not None
        else contextlib.nullcontext()
    ):
        made = state.replay(session, log, full=full, until=until_size, into=into)
    seconds = time.monotonic() - begun
    output = session.output
    if output.json:
        output.members(
            {
                "test": test,
                "position": {"origin": log.origin, "size": made.size, "time": position.time},
                "root": made.root,
                "mode": made.mode,
                "events": made.events,
                "tables": dict(sorted(made.tables.items())),
                "file": str(into) if into is not None else None,
            }
        )
        return
    words = {"full": "from the first entry", "incremental": "what was new", "none": "nothing was new"}
    output.line(f"{log.origin}, size {made.size}, {position.time}")
    output.fields([(name, f"{rows:,}") for name, rows in sorted(made.tables.items())], indent="  ")
    output.note(f"replayed {counted(made.events, 'event')} ({words[made.mode]}) in {seconds:.1f} s")
