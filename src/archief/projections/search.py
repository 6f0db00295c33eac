"""The search index: which words stand in which letter now, in their shortest Dutch form, and the question to it.

A projection of its own, in a file of its own beside the state: made when somebody first searches, so that replay does
not pay for it. It holds stems and counts, no text. Made from the state and the payloads that the state was made from.
Whatever has the state made again from nothing throws the index away, so that what is destroyed is gone from here too.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archief.errors import ExtraMissingError, UsageError
from archief.log import Log
from archief.projections import state, tables
from archief.projections.lines import Lines, named
from archief.projections.state import ALIAS, DamagedError, StateFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHUNK_ENTRIES = 512 * 1024
"""Entries whose words are counted at a time: what bounds memory."""

REBUILD_SHARE = 0.2
"""From this share of all letters on the index is made again rather than mended."""

Progress = Callable[[int, int], None]
"""Told how many entries are read, and of how many."""


class Asked(NamedTuple):
    """A word that somebody typed.

    Attributes:
        number: its place in the question.
        stems: the stems that answer to it; several for the beginning of a word (``fiets*``).
    """

    number: int
    stems: list[str]


class SearchIndex:
    """The search index of one archive.

    Args:
        log: the log.
        register: the state file, current; the index is made from it.
        form: the state's own hash of the SQL that made it.
    """

    def __init__(self, log: Log, register: Path, form: str) -> None:
        self._log = log
        self._register = register
        self._form = hashlib.sha256("".join([form, *map(_text, _FILES)]).encode()).hexdigest()
        self._file = StateFile(register.with_name(state.SEARCH))

    @property
    def path(self) -> Path:
        """The index file."""
        return self._file.path

    def refresh(self, progress: Progress | None = None) -> int:
        """Bring the index up to the state. Gives the number of letters that were read anew.

        Raises:
            ExtraMissingError: there is no stemmer.
            WriteFailedError: the file cannot be written.
            ArchiveInUseError: another process keeps writing it.
        """
        stemmer()  # before anything is written
        if self._standing() == "current":
            return 0
        with self._file.writing():
            standing = self._standing()
            if standing == "current":
                return 0
            if standing == "behind":
                self._file.copy_beside()
                try:
                    return self._fill(progress, fresh=False)
                except DamagedError:
                    self._file.sweep()
            return self._fill(progress, fresh=True)

    def _standing(self) -> str:
        """``current``, ``behind`` (letters are new or edited) or ``none`` (to be made from nothing)."""
        import duckdb  # noqa: PLC0415 - 150 ms

        if not self.path.exists():
            return "none"
        try:
            with contextlib.closing(self.connect(lock=False)) as connection:
                made = connection.execute("select origin, size, root, form from search.main.state").fetchall()
                (now,) = connection.execute("select origin, size, root from state").fetchall()
                if len(made) != 1 or made[0][0] != now[0] or made[0][3] != self._form or made[0][1] > now[1]:
                    return "none"
                if made[0][1:3] == now[1:]:
                    return "current"
                if made[0][1] == now[1] or self._log.root(made[0][1]).hex() != made[0][2]:
                    return "none"
                ((gone, changed, total),) = connection.execute(_text("standing")).fetchall()
        except (duckdb.Error, DamagedError):
            return "none"
        return "none" if gone or changed > max(REBUILD_SHARE * total, 100) else "behind"

    def connect(self, *, lock: bool = True) -> DuckDBPyConnection:
        """The state and the index (as ``search``), for reading; nothing else can be reached.

        Raises:
            BusyError, DamagedError: one of them cannot be opened.
        """
        import duckdb  # noqa: PLC0415 - 150 ms

        connection = duckdb.connect(config={"memory_limit": state.MEMORY_MAX})
        try:
            state.is_private(self.path)
            state.is_private(self._register)
            state.attach(connection, self.path, "read_only", name="search")
            state.attach(connection, self._register, "read_only")
            if lock:
                state.lock_down(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    # making

    def _fill(self, progress: Progress | None, *, fresh: bool) -> int:
        with contextlib.closing(state.workshop(self._file.beside)) as connection:
            state.attach(connection, self._register, "read_only", name="register", use=False)
            if fresh:
                connection.execute(_text("schema"))
            connection.execute(_text("wanted"))
            connection.execute(_text("source"))
            connection.execute("create or replace temp table found (word integer, letter integer, count integer)")
            connection.execute(_text("heads"))
            self._take(connection)
            self._read_payloads(connection, progress)
            if not fresh:
                connection.execute("delete from posting where letter in (select letter from wanted)")
                connection.execute("delete from indexed where letter in (select letter from wanted)")
            connection.execute(_text("postings"))
            connection.execute("delete from state")
            connection.execute("insert into state select origin, size, root, $1 from register.main.state", [self._form])
            ((letters,),) = connection.execute("select count(*) from wanted").fetchall()
            connection.execute("detach register")
            connection.execute(f"checkpoint {ALIAS}")
        self._file.replace()
        return int(letters)

    def _read_payloads(self, connection: DuckDBPyConnection, progress: Progress | None) -> None:
        """Count the words of paragraphs, forms and names, a stretch of the payloads at a time."""
        payloads = Lines(self._log.storage, "payload")
        ((wanted,),) = connection.execute("select count(*) from source").fetchall()
        if wanted <= FEW:
            seqs = [seq for (seq,) in connection.execute("select seq from source order by seq").fetchall()]
            self._count(connection, [], payloads.pick(seqs))
            return
        for first in range(0, self._log.size, CHUNK_ENTRIES):
            stop = min(first + CHUNK_ENTRIES, self._log.size)
            self._count(connection, *payloads.stretch(first, stop))
            if progress is not None:
                progress(stop, self._log.size)

    def _count(self, connection: DuckDBPyConnection, files: Sequence[Path], rest: Iterator[bytes]) -> None:
        with named(files, rest) as names:
            connection.execute("set variable payload_files = $1", [names])
            connection.execute(_text("words"))
        self._take(connection)

    def _take(self, connection: DuckDBPyConnection) -> None:
        """Give new words their number and stem, and keep what was counted by number."""
        rows = connection.execute(
            "select distinct word from part where word not in (select word from word) order by word"
        ).fetchall()
        if rows:
            words = [word for (word,) in rows]
            connection.execute(
                "insert into word select (select coalesce(max(id), 0) from word) + row_number() over (), word, stem"
                " from (select unnest($1::varchar[]) as word, unnest($2::varchar[]) as stem)",
                [words, stems(words)],
            )
        connection.execute(
            "insert into found select word.id, part.letter, part.count from part join word on word.word = part.word"
        )
        connection.execute("drop table part")


_FILES = ("schema", "wanted", "source", "words", "heads", "postings", "query", "standing")

WORDS_MAX = 100
"""More than anybody types."""

LETTERS_MAX = 1_000_000_000
"""More than any archive holds."""

FEW = 2_000
"""So many payloads are read one by one rather than with all that stands between them."""


@functools.cache
def _text(name: str) -> str:
    return tables.read("search", f"{name}.sql")


@functools.cache
def stemmer() -> Any:  # noqa: ANN401 - a class without types
    """The Dutch stemmer (Kraaij and Pohlmann).

    Raises:
        ExtraMissingError: it is not installed.
    """
    try:
        import Stemmer  # noqa: PLC0415 - only who searches needs it
    except ModuleNotFoundError:
        raise ExtraMissingError(
            "searching needs the extra `search`, which is not installed",
            where="search",
            remedy="pip install 'archief[search]'",
        ) from None
    return Stemmer.Stemmer("dutch")


def stems(words: Sequence[str]) -> list[str]:
    """The shortest form of each word, small letters without accents.

    Args:
        words: in small letters, without accents.
    """
    found: list[str] = stemmer().stemWords(list(words))
    return found


def ask(
    connection: DuckDBPyConnection,
    question: str,
    where: str = "true",
    values: Mapping[str, Any] | None = None,
    limit: int = 10,
) -> tuple[list[Asked], list[dict[str, Any]]]:
    """Look words up: the letters in which all of them stand, best first.

    Args:
        connection: the state and the index.
        question: words; one that ends in ``*`` is the beginning of a word.
        where: a condition on the table ``letter``, of our own words.
        values: what stands in it, by name.
        limit: at most so many letters; 0 for all.

    Returns:
        What was looked up, and a row a letter with ``total``, how many there are in all.

    Raises:
        UsageError: more words than anybody types.
    """
    asked = _asked(connection, question)
    if not asked or not all(one.stems for one in asked):
        return asked, []
    given = {
        "asked": [{"number": one.number, "stems": one.stems} for one in asked],
        "limit": limit or LETTERS_MAX,
        **(values or {}),
    }
    found = connection.execute(_text("query").replace("{where}", where), given)
    names = [column[0] for column in found.description or ()]
    return asked, [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _asked(connection: DuckDBPyConnection, question: str) -> list[Asked]:
    """The stems behind each word that was typed."""
    ((typed,),) = connection.execute(
        r"select regexp_extract_all(strip_accents(lower($1)), '[\pL\pN]+\*?')", [question]
    ).fetchall()
    if len(typed) > WORDS_MAX:
        raise UsageError(
            f"{len(typed):,} words; at most {WORDS_MAX} are looked for", where="WORD", remedy="leave most of them out"
        )
    asked: list[Asked] = []
    for number, word in enumerate(dict.fromkeys(typed)):
        if word.endswith("*"):
            query = "select distinct stem from search.main.word where starts_with(word, $1) order by stem"
            asked.append(Asked(number, [stem for (stem,) in connection.execute(query, [word[:-1]]).fetchall()]))
        else:
            asked.append(Asked(number, stems([word])))
    return asked
