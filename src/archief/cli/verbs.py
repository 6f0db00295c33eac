"""What all commands have in common: global options before or after the verb, an example to paste, exit codes in help.

A command is declared with :func:`verb`, a group of commands is a :class:`Family`. Both take the global options, because
people type them where they think of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from archief.errors import ArchiefError

F = TypeVar("F", bound=Callable[..., Any])

GLOBALS = ("archive", "as_key", "json", "color", "quiet", "verbose", "version")


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:  # noqa: ANN401 - any option's value
    """Put a global option into the session, wherever it stood; the last one counts."""
    if value is None or value is False or value == 0 or context.resilient_parsing:
        return
    setattr(context.obj.options, option.name or "", value)
    if option.name == "version":
        from archief.cli.session import version  # noqa: PLC0415 - reads the package's metadata

        click.echo(f"archief {version()}")
        context.exit()


def global_options(*, hidden: bool) -> list[click.Parameter]:
    """Make the options that every command takes."""

    def option(*names: str, **settings: Any) -> click.Option:  # noqa: ANN401 - click's own settings
        return click.Option(names, expose_value=False, callback=_keep, hidden=hidden, **settings)

    return [
        option("--archive", metavar="DIR", help="The archive; without it ARCHIEF_ARCHIVE, or events/ in this folder."),
        option("--as", "as_key", metavar="KEY", help="The key that signs: its name, or the first digits of its id."),
        option("--json", is_flag=True, help="Print JSON, also for errors."),
        option("--color", type=click.Choice(["auto", "always", "never"]), help="Colours; auto honours NO_COLOR."),
        option("--quiet", "-q", is_flag=True, help="Print what was asked for and errors, nothing else."),
        option("--verbose", "-v", count=True, help="Print more."),
        option("--version", is_flag=True, is_eager=True, help="Print the version."),
    ]


class _Shown:
    """How help is printed: the text, its options, an example, the exit codes."""

    epilog: str | None

    def format_epilog(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the example and the exit codes as they were written: an example is pasted, so never wrapped."""
        if self.epilog:
            formatter.write_paragraph()
            formatter.write(self.epilog)
            formatter.write("\n")


class Verb(_Shown, click.Command):
    """One command.

    Args:
        example: lines that can be pasted into a shell.
        exits: what else than 0, 1 and 2 it may end with.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - click's own
        example: str,
        exits: Sequence[type[ArchiefError]] = (),
        **settings: Any,  # noqa: ANN401 - click's
    ) -> None:
        super().__init__(*args, **settings)
        self.example = "\n".join(line.strip() for line in example.strip().splitlines())
        self.exits = tuple(sorted(exits, key=lambda each: each.exit_code))
        self.params += global_options(hidden=True)
        self.epilog = f"{_indented(self.example)}\n\nExit status: {self.exit_status()}."

    def exit_status(self) -> str:
        """The exit codes in words."""
        return ", ".join(["0 done", "2 usage", *(f"{each.exit_code} {each.code}" for each in self.exits)])

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Print its own options, and that the global ones may stand here too."""
        super().format_options(context, formatter)
        formatter.write_paragraph()
        formatter.write_text("Global options (see archief --help): --archive --as --json --color -q -v")


def _indented(example: str) -> str:
    return "Example:\n" + "\n".join(f"  {line}" for line in example.splitlines())


class Family(_Shown, click.Group):
    """A group of commands under one word, such as ``key``.

    Args:
        members: the word of each command, and ``module:name`` of where it is; imported when used.
    """

    def __init__(self, *args: Any, members: Mapping[str, str], **settings: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(*args, **settings)
        self.members = members
        self.params += global_options(hidden=self.name != "archief")

    def list_commands(self, _context: click.Context) -> list[str]:
        """The words of its commands, in the order of the table."""
        return list(self.members)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import a command when it is asked for."""
        place = self.members.get(name)
        if place is None:
            return None
        module, _, member = place.partition(":")
        found: click.Command = getattr(importlib.import_module(f"archief.cli.{module}"), member)
        return found

    def resolve_command(
        self, context: click.Context, words: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the first word; a word that is none gets the nearest ones."""
        name = str(words[0])
        if name not in self.members and not name.startswith("-") and not context.resilient_parsing:
            raise click.exceptions.NoSuchCommand(name, possibilities=_near(name, self.members), ctx=context)
        return super().resolve_command(context, words)


def _near(name: str, members: Mapping[str, str]) -> list[str]:
    import difflib  # noqa: PLC0415 - only a mistake needs it

    return difflib.get_close_matches(name, members, n=3, cutoff=0.5)


def verb(name: str, *, example: str, exits: Sequence[type[ArchiefError]] = ()) -> Callable[[Callable[..., Any]], Verb]:
    """Declare a command.

    Args:
        name: its word.
        example: lines that can be pasted into a shell.
        exits: what else than 0, 1 and 2 it may end with.
    """

    def declared(function: Callable[..., Any]) -> Verb:
        made = click.command(name, cls=Verb, example=example, exits=exits)(click.pass_obj(function))
        assert isinstance(made, Verb)
        return made

    return declared


def complete_types(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Event types that begin like what was typed, for a shell to complete."""
    from archief.events import catalogue  # noqa: PLC0415 - only a shell asks

    return sorted({tag.rpartition(".v")[0] for tag in catalogue.TYPES if tag.startswith(begun)})


def writing_options(*, yes: bool = False) -> Callable[[F], F]:
    """The options of every command that appends.

    Args:
        yes: the command asks before it does something that cannot be undone; ``--yes`` answers.
    """

    def declared(function: F) -> F:
        told = "Do not ask." if yes else "Do not ask; this command asks nothing."
        for option in (
            click.option("--accept-clock", is_flag=True, help="Append though the last commit is ahead of this clock."),
            click.option("--yes", "-y", is_flag=True, help=told),
            click.option("--dry-run", is_flag=True, help="Say what would be appended, check it, append nothing."),
        ):
            function = option(function)
        return function

    return declared
