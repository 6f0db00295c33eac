"""The pages docs/cli.md and docs/errors.md, printed from the commands and the errors themselves."""

from __future__ import annotations

import functools
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import click

from archief import errors
from archief.cli.main import SECTIONS, cli
from archief.cli.verbs import Verb
from archief.errors import ArchiefError

_CLI_HEAD = """# The command line

Printed from the commands themselves by `scripts/docs.py`; do not edit.

- **RECORD** is a register number, a stream id, or the beginning of one (4 digits at least).
- **TYPE** is an event type of [events.md](events.md); without a version it is the newest.
- **PERSON** is a name as enrolled, a stream id, or the beginning of one.
- **KEY** is the name of a key file on this machine, or the first digits of a key's id.
- **DATE** is a day such as `2021-04-15`: the state at its end in Europe/Amsterdam. Answers give the position used.
- `-` as a file is standard input (`--data`, `--from`, `--document`, `--records`) or output (`--out`).

Results go to standard output; notes, progress, questions and errors to standard error. Exit codes:
[errors.md](errors.md).

## Where things are

| what | where |
|---|---|
| the archive | `--archive`, else `ARCHIEF_ARCHIVE`, else `events/` in this folder |
| keys | `ARCHIEF_KEYS`, else `~/.config/archief/keys` (0700, files 0600) |
| what this machine remembers, resume files | `ARCHIEF_STATE`, else `~/.local/state/archief` |
| passphrases | typed, or in the file that `ARCHIEF_PASSPHRASE_FILE` names, or in `ARCHIEF_PASSPHRASE` |
| colours | `--color`, else `NO_COLOR`, else whether it is a terminal |
| tracebacks of bugs | `ARCHIEF_DEBUG=1`; they may hold content of a record |

## JSON

With `--json` a command prints one object. What reads says `test` (whether it is a test archive) and, where it applies,
`position` (`origin`, `size`, `time`). What appends says:

```json
{"test":false,"commit":"0190…","seqs":[40],"streams":["5b1e…"],"size":42,"time":"2021-01-14T09:12:33Z","key":"3d40…",
 "known":false,"head":{"size":42,"root":"9f2c…"}}
```

`head` is null when the head was not signed; `known` is true when a retry found its commit in the log. With `--dry-run`:
`{"test":…,"dry_run":true,"events":[{"type":…,"stream":…,"facts":{…},"data":{…}}]}`; what makes keys or signs heads says
`dry_run` and what it would make. Errors, on standard error:

```json
{"error":{"code":"refused","where":"key 3d4017c3","what":"letter_edited needs the role …","next":"use another key …"}}
```
"""

_TOLD = {
    "append": "With `--from` and `--json`:",
    "rules list": "Without LIST, with `--json`:",
    "timestamp": "With `--verify` and `--json`:",
}

_GLOBAL_HEAD = "\n## Global options\n\nThey may stand before or after the command.\n\n"


@functools.cache
def shapes() -> Mapping[str, Any]:
    """What ``--json`` prints, by command, for those that do not only append: ``shapes.json``."""
    found: Mapping[str, Any] = json.loads(
        resources.files("archief.cli").joinpath("shapes.json").read_text(encoding="utf-8")
    )
    return found


def cli_markdown() -> str:
    """Print docs/cli.md whole: global options, then each command with usage, options, example and exit codes."""
    context = click.Context(cli, info_name="archief")
    parts = [_CLI_HEAD, _GLOBAL_HEAD, *_options(cli, context)]
    for title, members in SECTIONS:
        parts.append(f"\n## {title}\n")
        for name in members:
            command = cli.get_command(context, name)
            assert command is not None
            parts += _command(command, click.Context(command, context, info_name=name))
    return "".join(parts)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            yield from _command(member, click.Context(member, context, info_name=name))
        return
    assert isinstance(command, Verb)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"\n### {context.command_path}\n\n"
    yield inspect.cleandoc(command.help or "") + "\n\n"
    yield f"```\n{context.command_path} {usage}\n```\n\n"
    yield from _options(command, context)
    yield f"\n```sh\n{command.example}\n```\n\n"
    words = context.command_path.removeprefix("archief ")
    if words in shapes():
        shape = textwrap.fill(
            json.dumps(shapes()[words], ensure_ascii=False), 118, break_long_words=False, break_on_hyphens=False
        )
        yield f"{_TOLD.get(words, 'With `--json`:')}\n\n```json\n{shape}\n```\n\n"
    yield f"Exit status: {command.exit_status()}.\n"


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = [
        record
        for option in command.get_params(context)
        if isinstance(option, click.Option) and (record := option.get_help_record(context)) is not None
    ]
    rows = [(names, told) for names, told in records if "--help" not in names]
    if rows:
        yield "| option | |\n|---|---|\n"
        for names, told in rows:
            yield f"| `{_cell(names)}` | {_cell(told)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("  [required]", " Required.")


_ERRORS_HEAD = """# Errors and exit codes

Printed from `src/archief/errors.py` and the transcripts in `tests/cli` by `scripts/docs.py`; do not edit.

A command that ends well exits with 0. Each kind of error has its own exit code and its own word (`code` in JSON);
neither is ever used for something else. An exit code that is not listed here is a failure too: treat it as one.

An error says where, what is wrong, and what to type next. It never holds content of a record. `1` is a bug of ours: it
says where in the program, never the content that was at hand. `141` means that whoever read our output stopped reading.

| exit code | word | class | meaning |
|---|---|---|---|
| 0 | | | done |
| 1 | error | ArchiefError | a bug of ours |
"""


def errors_markdown(examples: Mapping[str, str]) -> str:
    """Print docs/errors.md whole: the table, then each error with an example.

    Args:
        examples: by word of an error a transcript: a command and what it printed.
    """
    classes = sorted(_classes(), key=lambda each: each.exit_code)
    rows = [f"| {one.exit_code} | {one.code} | {one.__name__} | {_meaning(one)} |\n" for one in classes]
    parts = [_ERRORS_HEAD, *rows]
    for one in classes:
        parts.append(f"\n## {one.code} ({one.exit_code})\n\n{_meaning(one)}\n")
        if one.code in examples:
            parts.append(f"\n```console\n{examples[one.code]}\n```\n")
    return "".join(parts)


def _classes() -> Iterator[type[ArchiefError]]:
    for _, found in inspect.getmembers(errors, inspect.isclass):
        if issubclass(found, ArchiefError) and found is not ArchiefError:
            yield found


def _meaning(error: type[ArchiefError]) -> str:
    return " ".join((error.__doc__ or "").split()).replace("``", "`")
