"""The program ``archief``: its table of commands, and how every run ends.

Each command stands in a module that is imported when it is used. Whatever a run ends with becomes an exit code here,
and an error of ours becomes two lines: what is wrong and where, and what to type next. Never a traceback for a mistake
of a person's.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from archief.cli.session import Session
from archief.cli.verbs import Family
from archief.errors import ArchiefError, Interrupted, UsageError, WriteFailedError

BROKEN_PIPE = 141
"""What a shell reports for a program that a closed pipe ended."""

SECTIONS: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "Found an archive, its people",
        {
            "init": "people.founding:init",
            "key": "people.keys:key",
            "person": "people.persons:person",
            "role": "people.persons:role",
            "mandate": "people.mandates:mandate",
        },
    ),
    (
        "Letters",
        {
            "read": "letters.reading:read",
            "register": "letters.registering:register",
            "receive": "letters.registering:receive",
            "edit": "letters.editing:edit",
            "sign": "letters.signing:sign",
            "dispatch": "letters.dispatching:dispatch",
            "withdraw": "letters.editing:withdraw",
            "annotate": "letters.editing:annotate",
            "relate": "letters.editing:relate",
            "render": "letters.rendering:render",
            "convert": "letters.converting:convert",
            "void": "letters.numbers:void",
        },
    ),
    ("The council", {"meeting": "letters.meetings:meeting", "commitment": "letters.meetings:commitment"}),
    ("Append", {"append": "entries.appending:append", "events": "entries.vocabulary:events"}),
    (
        "Dossiers, terms, destruction",
        {
            "dossier": "retention.dossiers:dossier",
            "explain": "retention.explaining:explain",
            "hold": "retention.holds:hold",
            "exempt": "retention.holds:exempt",
            "restrict": "retention.restrictions:restrict",
            "destroy": "destruction.destroying:destroy",
            "transfer": "transfer.transferring:transfer",
            "rules": "retention.ruling:rules",
        },
    ),
    (
        "Read",
        {
            "show": "views.showing:show",
            "history": "views.showing:history",
            "list": "views.listing:list_records",
            "search": "views.searching:search",
            "sql": "views.listing:sql",
            "report": "views.reporting:report",
            "replay": "views.replaying:replay",
        },
    ),
    (
        "Trust",
        {
            "verify": "trust.verifying:verify",
            "audit": "trust.auditing:audit",
            "finding": "trust.findings:finding",
            "prove": "trust.proving:prove",
            "check": "trust.checking:check",
            "checkpoint": "trust.heads:checkpoint",
            "cosign": "trust.heads:cosign",
            "timestamp": "trust.timestamping:timestamp",
            "doctor": "trust.doctoring:doctor",
        },
    ),
    ("Care", {"backup": "care.backing_up:backup", "restore": "care.restoring:restore"}),
    ("Hand over", {"export": "exchange.exporting:export", "import": "exchange.importing:import_"}),
    ("This program", {"completion": "completion:completion"}),
)
"""The commands by subject: word, and module and name of where it is."""


class Program(Family):
    """The program itself: its commands are printed by subject."""

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the commands by subject."""
        wide = max(len(name) for name in self.members)
        for title, members in SECTIONS:
            rows = []
            for name in members:
                command = self.get_command(context, name)
                if command is not None:
                    rows.append((name.ljust(wide), command.get_short_help_str(limit=90)))
            with formatter.section(title):
                formatter.write_dl(rows)


@click.command(
    "archief",
    cls=Program,
    members={name: place for _, members in SECTIONS for name, place in members.items()},
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    epilog="Each command has help with an example: archief append --help. Exit codes: docs/errors.md.",
)
@click.pass_context
def cli(context: click.Context) -> None:
    """A records archive that can prove itself: letters as signed events in a log that only grows."""
    context.color = context.obj.color


def main() -> NoReturn:
    """Run the program and end the process."""
    _open_closed_streams()
    sys.exit(run(sys.argv[1:], Session()))


def _open_closed_streams() -> None:
    """Open what was closed before we began (``>&-``) on nothing: else a file of ours would get its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))


def run(words: Sequence[str], session: Session) -> int:
    """Run one command.

    Args:
        words: what was typed after ``archief``.
        session: the surroundings.

    Returns:
        The exit code.
    """
    stdout, stderr = sys.stdout, sys.stderr
    for stream in (stdout, stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    session.options.json = "--json" in words[: words.index("--")] if "--" in words else "--json" in words
    try:
        code = cli.main(list(words), prog_name="archief", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except SystemExit:
        if sys.stdout is stdout:
            raise
        # Of a closed pipe click makes an exit of 1, and it leaves a wrapper around the stream.
        sys.stdout, sys.stderr = stdout, stderr
        return _closed_pipe()
    except (Exception, KeyboardInterrupt) as error:
        if _is_bug(error) and not all(map(_is_text, words)):  # each library says it in its own way
            error = UsageError("a word that is not UTF-8", where="the command line", remedy="type it in UTF-8")
        if _is_bug(error) and session.environ.get("ARCHIEF_DEBUG"):
            raise
        return _ended(session, error)
    return code if isinstance(code, int) else 0


def _is_text(word: str) -> bool:
    """Whether a word is Unicode: the system hands over other bytes as halves of surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in word)


def _is_bug(error: BaseException) -> bool:
    return not isinstance(
        error, ArchiefError | click.ClickException | click.Abort | OSError | EOFError | KeyboardInterrupt
    )


def _ended(session: Session, error: BaseException) -> int:
    """Tell how a run ended, and give its exit code."""
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        return _closed_pipe()
    if isinstance(error, click.Abort | KeyboardInterrupt | EOFError):
        error = Interrupted("interrupted; what was acknowledged stays, nothing else was done")
    elif isinstance(error, click.ClickException):
        error = _usage(error)
    elif isinstance(error, OSError):
        error = _system(error)
    elif not isinstance(error, ArchiefError):
        error = _database(error) or _bug(error)
    return _end(session, error)


def _end(session: Session, error: ArchiefError) -> int:
    try:
        sys.stdout.flush()
        session.output.error(error)
    except BrokenPipeError:
        _closed_pipe()
    return error.exit_code


def _closed_pipe() -> int:
    """Nobody reads on: be quiet, also when Python closes the stream at its end."""
    try:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
    except (OSError, ValueError):
        pass
    return BROKEN_PIPE


def _usage(error: click.ClickException) -> ArchiefError:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message())
        return UsageError("a command is missing", remedy="choose one of those above")
    what = " ".join(error.format_message().split()).removesuffix(".")
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "archief"
    return UsageError(what[:1].lower() + what[1:], remedy=f"see `{path} --help`")


def _system(error: OSError) -> ArchiefError:
    """What the operating system refused outside of the places that say more about it."""
    what = os.strerror(error.errno).lower() if error.errno else "refused"
    where = error.filename if isinstance(error.filename, str) else ""
    return WriteFailedError(f"the system says: {what}", where=where, remedy="mend that, then run the command again")


_DATABASE_SAYS = {
    "IOException": ("the disk refused a file of the database", "see whether the disk is full"),
    "OutOfMemoryException": ("the database needs more memory than it gets", "end other programs"),
}


def _database(error: BaseException) -> ArchiefError | None:
    """What DuckDB could not do for want of disk or memory; its own words may hold content of a record."""
    if type(error).__module__.lstrip("_") != "duckdb" or type(error).__name__ not in _DATABASE_SAYS:
        return None
    what, first = _DATABASE_SAYS[type(error).__name__]
    return WriteFailedError(
        what, remedy=f"{first}, then run the command again; it is made from the log, which is whole"
    )


def _bug(error: BaseException) -> ArchiefError:
    """A bug of ours. Its text is not told: it may hold content of a record."""
    trace, place = error.__traceback__, "somewhere"
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith("archief"):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return ArchiefError(
        f"a bug in archief: {type(error).__name__} at {place}",
        remedy="report this line; ARCHIEF_DEBUG=1 shows the traceback, which may hold content of a record",
    )
