"""``archief search``: letters by the words in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from archief.cli import records, state
from archief.cli.output import printable
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.cli.views import letter_filters
from archief.cli.views.letter_filters import Filters
from archief.errors import ExtraMissingError, LossError, NoArchiveError, UsageError
from archief.log import Log

LIMIT = 10

SNIPPET_CHARS = 160
"""About how much of a letter's text is shown around the first words that were found."""

_WORD = re.compile(r"[^\W_]+")


@verb(
    "search",
    example="""
    archief search fietsenstalling
    archief search "wonen in de wijk" --type raadsinformatiebrief --from 2021-01-01
    archief search 'fiets*' --json
    """,
    exits=(NoArchiveError, ExtraMissingError, LossError),
)
@click.argument("words", nargs=-1, required=True, metavar="WORD…")
@letter_filters.options
@click.option(
    "--limit", type=letter_filters.COUNT, default=LIMIT, metavar="N", help=f"At most so many ({LIMIT}); 0 for all."
)
def search(session: Session, *, words: Sequence[str], filters: Filters, limit: int) -> None:
    """Find letters in which every word stands: in subject, text, names, numbers or attachments' titles.

    Words are reduced to their Dutch stem: besluiten finds besluit. A word that ends in * is the beginning of one:
    fiets* finds fietsenstalling. The best matches come first. A destroyed letter is not found.
    """
    from archief.projections import search as index  # noqa: PLC0415 - imports duckdb

    log = session.log()
    test = session.is_test(log)
    with state.index(session, log) as database:
        asked, rows = index.ask(database, " ".join(words), *filters.where(database), limit)
    if not asked:
        raise UsageError("no word to look for", where="WORD", remedy="type a word: archief search fietsenstalling")
    total = rows[0]["total"] if rows else 0
    stems = {stem for one in asked for stem in one.stems}
    found = [{**row, "snippet": _snippet(log, row, stems)} for row in rows]
    if session.output.json:
        position = {"origin": log.origin, "size": log.size, "time": log.last_commit.time}
        hidden = ("body_seq", "fields_seq", "total")
        letters = [{key: value for key, value in row.items() if key not in hidden} for row in found]
        session.output.members({"test": test, "position": position, "total": total, "letters": letters})
        return
    for row in found:
        _show(session, row)
    more = f"; --limit 0 shows all {total:,}" if len(rows) < total else ""
    hint = "" if rows else "; fewer words, or the beginning of one with a * behind it, may find more"
    session.output.note(
        f"{len(rows):,} of {total:,}{more}{hint}; position {log.size} of {log.origin}, {log.last_commit.time}"
    )


def _show(session: Session, row: dict[str, Any]) -> None:
    output = session.output
    name = row["number"] or str(row["stream"])[:8]
    facts = ", ".join(str(one) for one in (row["date"], row["kind"], row["status"]) if one)
    output.line(f"{output.styled(printable(name), bold=True)}  {printable(row['subject'] or '')}")
    output.line(f"    {facts}")
    if row["snippet"]:
        shown = (output.styled(text, bold=True) if hit else text for text, hit in _marked(row["snippet"]))
        output.line(f"    {''.join(shown)}")


def _marked(snippet: str) -> list[tuple[str, bool]]:
    """Parts of a snippet, and whether each is a word that was sought."""
    return [(printable(part), place % 2 == 1) for place, part in enumerate(re.split(r"\*\*(.+?)\*\*", snippet))]


def _snippet(log: Log, row: dict[str, Any], stems: set[str]) -> str:
    """The text around the words that were found, each between ``**``; empty where they stand elsewhere."""
    seqs = sorted({seq for seq in (row["body_seq"], row["fields_seq"]) if seq is not None})
    texts: list[str] = []
    for one in records.read(log, seqs):
        data = msgspec.to_builtins(one.data) if one.data is not None else {}
        texts += [*(data.get("body") or []), *(data.get("message") or [])]
        texts += [f"{name}: {value}" for name, value in (data.get("fields") or {}).items()]
    best = max(texts, key=lambda text: len({_stem(word) for word in _WORD.findall(text)} & stems), default="")
    return _cut(" ".join(best.split()), stems)


def _cut(text: str, stems: set[str]) -> str:
    """A paragraph cut to what stands around the first word that was found."""
    hits = [word for word in _WORD.finditer(text) if _stem(word.group()) in stems]
    if not hits:
        return ""
    begin = max(0, hits[0].start() - SNIPPET_CHARS // 3)
    begin = text.find(" ", begin, hits[0].start()) + 1 if begin else 0
    end = (
        len(text)
        if len(text) <= begin + SNIPPET_CHARS
        else max(text.rfind(" ", begin, begin + SNIPPET_CHARS), hits[0].end())
    )
    pieces, at = ["… " if begin else ""], begin
    for word in hits:
        if word.end() <= end:
            pieces += [text[at : word.start()], f"**{word.group()}**"]
            at = word.end()
    return "".join([*pieces, text[at:end], " …" if end < len(text) else ""])


def _stem(word: str) -> str:
    """As the index has it: small letters without accents, in their shortest form."""
    from archief.projections import search as index  # noqa: PLC0415 - is imported by then

    plain = "".join(char for char in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(char))
    return index.stems([plain])[0]
