"""The bench's works, one at a time, each in a process of its own.

    scripts/bench_works.py WORK FOLDER EVENTS

prints a line of JSON: the seconds it took, how many units were done in them, and the most memory that the process or
one of those it started ever held. Starting Python, importing and preparing are not in the seconds.
"""

from __future__ import annotations

import datetime as dt
import functools
import gc
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]  # so that the script runs from anywhere

from archief import keys  # noqa: E402 - after the path
from archief.draft import draft  # noqa: E402
from archief.heads import Heads, Receipt  # noqa: E402
from archief.index import Index  # noqa: E402
from archief.log import Log  # noqa: E402
from archief.reports import declaration  # noqa: E402
from archief.storage.local import LocalStorage  # noqa: E402
from archief.stored_tree import GrowingRows, StoredTree  # noqa: E402
from archief.verification.whole import verify  # noqa: E402
from scripts import bench_destruction as destruction  # noqa: E402
from scripts import bench_office as office  # noqa: E402
from scripts import bench_peers as peers  # noqa: E402
from scripts.bench_peers import Timed  # noqa: E402

CORES = os.cpu_count() or 1
SINCE = 1_000
"""Entries after the receipt from which a verification goes on, at least."""
STARTS = 7
"""Starts of a program in one work; the middle one counts."""
LACKING = 3
"""Exit code of a work that this checkout or this machine cannot do."""

OPEN_STATE = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True).execute('select count(*) from letter')"
FOUND = """
import sys
from archief.cli.main import run
from archief.cli.session import Session
from archief.keys import Cost
sys.exit(run(sys.argv[2:], Session(cost=Cost(log2_n=int(sys.argv[1])))))
"""
"""The command line with key files that are sealed as dearly as the first word says."""
REGISTER = ("append", "letter_registered", "--set", "kind=brief", "--set", "subject=Een brief", "--as", "jansen")
FOUNDING = (
    (
        "init",
        "--organisation=Voorbeeld",
        "--origin-host=archief.example.nl",
        "--person=Klerk",
        "--recovery-person=Kluis",
    ),
    ("person", "add", "Jansen", "--role=recordmanager", "--role=behandelaar", "--key=jansen", "--as=archivaris"),
    (*REGISTER, "--set", "number=2021-00017"),
    ("show", "2021-00017"),
)


def made(*archives: Path) -> Timed:
    """Read archives once, so that their files are warm."""
    return lambda: sum(len(path.read_bytes()) for archive in archives for path in archive.rglob("*") if path.is_file())


def verified(archive: Path, processes: int) -> Timed:
    """Verify everything."""

    def run() -> int:
        report = verify(LocalStorage(archive), version="bench", processes=processes)
        assert not report.faults, report.faults[0].sentence()
        return report.size

    return run


def verified_since(archive: Path) -> Timed:
    """Go on from a receipt that lies a thousand entries back, at a commit, with the tiles that a writer left there."""
    log = Log(LocalStorage(archive))
    bases = [commit.base for commit in log.commits() if commit.base.size <= log.size - SINCE]
    base = bases[-1] if bases[1:] else log.last_commit.base
    rows = GrowingRows.read(StoredTree(log.storage, base.size), base.size)
    for path, data in rows.partial():
        if not path.startswith("tile/0/"):
            log.storage.write_public(path, data, durable=False)
    heads = Heads(Path(tempfile.mkdtemp(dir=archive.parent)))
    kept = archive / "cache" / "index.sqlite"
    index = Index(kept)
    index.follow(log.storage, log.tail, None)
    digest = index.digest(base.size)
    index.close()
    receipt = Receipt(authority=digest, origin=log.origin, root=base.root, size=base.size, version="bench")
    heads.keep_receipt(receipt)

    def run() -> int:
        report = verify(LocalStorage(archive), version="bench", heads=heads, since=True, index=kept)
        assert not report.faults, report.faults[0].sentence()
        assert report.since == base.size, "it did not go on from the receipt"
        return report.size - report.since

    return run


def checked_signatures(archive: Path) -> Timed:
    """Verify everything in one process; only the seconds in which a signature is looked at count."""
    check, spent = keys.verify, 0.0

    def timed(*given: Any) -> None:  # noqa: ANN401 - as keys.verify
        nonlocal spent
        begun = time.perf_counter()
        check(*given)
        spent += time.perf_counter() - begun

    def run() -> tuple[int, float]:
        with mock.patch.object(keys, "verify", timed):
            report = verify(LocalStorage(archive), version="bench")
        return report.commits, spent

    return run


def appended(folder: Path, count: int, batch: int, *, encoded: bool = False) -> Timed:
    """Append a town hall's work to a new archive, synced at each commit.

    Args:
        folder: where the archive is made.
        count: events.
        batch: events in a commit.
        encoded: the events were checked against their types and encoded before.
    """
    happened = office.happenings(count)
    drafts = [draft(*one) for one in happened] if encoded else []
    journal, key = office.founded(folder)

    def run() -> int:
        for begin in range(0, count, batch):
            part = drafts[begin : begin + batch] or [draft(*one) for one in happened[begin : begin + batch]]
            journal.append(part, key, dt.datetime.now(dt.UTC), os.urandom)
        return count

    return run


def rebuilt(archive: Path) -> Timed:
    """Build the state file from nothing."""
    from archief.projections.projector import Projector  # noqa: PLC0415 - imports duckdb

    cache = archive / "cache" / "rebuilt"
    shutil.rmtree(cache, ignore_errors=True)
    log = Log(LocalStorage(archive))

    def run() -> int:
        Projector(log, cache).replay(full=True)
        return log.size

    return run


def _stream(entry: bytes) -> str:
    return str(json.loads(entry)["stream"])


def caught_up(archive: Path) -> Timed:
    """Bring a state file up to date that is one event behind."""
    from archief.projections.projector import Projector  # noqa: PLC0415 - imports duckdb

    cache = archive / "cache" / "caught-up"
    journal, key = office.opened(archive)
    Projector(Log(LocalStorage(archive)), cache).replay()
    log = Log(LocalStorage(archive))
    closing = (b'"letter_dispatched.v1"}', b'"letter_withdrawn.v1"}')
    closed = {_stream(entry) for entry in log.entries() if entry.endswith(closing)}
    edited = (_stream(entry) for entry in log.entries() if entry.endswith(b'"letter_edited.v1"}'))
    stream = next(one for one in edited if one not in closed)
    edit = draft("letter_edited.v1", stream, {}, {"subject": "Nog eens bekeken"})
    journal.append([edit], key, dt.datetime.now(dt.UTC), os.urandom, accept_clock=True)
    journal.close()
    log = Log(LocalStorage(archive))

    def run() -> int:
        replayed = Projector(log, cache).replay()
        assert replayed.mode == "incremental", replayed.mode
        return 1

    return run


def searched(archive: Path, *, counted: bool = False) -> Timed:
    """Look a word up that stands in many letters; or, to compare, count the letters.

    Args:
        archive: its index is made first, when it is not there.
        counted: count instead.
    """
    from archief.projections import search, tables  # noqa: PLC0415 - imports duckdb
    from archief.projections.projector import Projector  # noqa: PLC0415 - as above

    log = Log(LocalStorage(archive))
    projector = Projector(log, archive / "cache")
    projector.replay()
    index = search.SearchIndex(log, projector.path, tables.form())
    index.refresh()

    connection = index.connect()  # opening the files is start-up, and in another row

    def run() -> int:
        if counted:
            connection.execute("select count(*) from letter").fetchall()
        else:
            _, rows = search.ask(connection, "fietsenstalling woning*")
            assert rows, "nothing was found"
        return 1

    return run


def reported(archive: Path, name: str, *, counted: bool = False) -> Timed:
    """Make a report as a page; or, to compare, count the events.

    Args:
        archive: its state is made first, when it is not there.
        name: the report.
        counted: count instead.
    """
    from archief.projections.projector import Projector  # noqa: PLC0415 - imports duckdb
    from archief.reports import page, reporter  # noqa: PLC0415 - as above

    log = Log(LocalStorage(archive))
    projector = Projector(log, archive / "cache")
    projector.replay()
    connection = projector.connect()
    report = declaration.find(name)
    record = connection.execute("select cast(min(stream) as varchar) from letter").fetchone() if report.record else None
    day = dt.datetime.fromisoformat(log.last_commit.time).date()
    asked = reporter.Asked(
        day, None, record[0] if record else "", reporter.destroyed(connection), test=True, whole=False
    )

    def run() -> int:
        if counted:
            connection.execute("select count(*) from event where stream_seq >= 0").fetchall()
        else:
            page.html(reporter.make(connection, log, report, asked))
        return 1

    return run


def started(place: Path, *command: str, log2_n: int = 15) -> Timed:
    """Start a program a few times beside a small archive, which is founded where there is none.

    Args:
        place: where the archive, its keys and the memory of its heads are.
        command: the program and its words; ``archief`` and ``python`` are those of this environment.
        log2_n: what a key file costs to open (RFC 7914).
    """
    programs = {"python": Path(sys.executable), "archief": Path(sys.executable).with_name("archief")}
    if not programs["archief"].exists():
        raise ModuleNotFoundError("there is no command archief beside this Python: use that of .venv")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {f"ARCHIEF_{name.upper()}": str(place / name) for name in ("archive", "keys", "state")}
    environment["ARCHIEF_PASSPHRASE"] = "made up"  # noqa: S105 - it is

    def start(program: str, *words: str) -> float:
        begun = time.perf_counter()
        ran = subprocess.run([programs[program], *words], env=environment, check=False, capture_output=True, text=True)
        seconds = time.perf_counter() - begun
        if ran.returncode:
            raise RuntimeError(f"{program} {' '.join(words[-3:])}: {ran.stderr.strip()}")
        return seconds

    if not (place / "founded").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for words in (FOUNDING[0] + (str(place / "archive"),), *FOUNDING[1:]):
            start("python", "-c", FOUND, str(log2_n), *words)
        (place / "founded").touch()
    return lambda: (1, statistics.median(start(*command) for _ in range(STARTS)))


def _report(archive: Callable[[], Path], name: str) -> Timed:
    return reported(archive(), name)


def works(folder: Path, events: int) -> dict[str, Callable[[], Timed]]:
    """Every work by name, on archives of about that many events; what is slow by nature gets fewer."""
    few, many, batch = max(min(events // 50, 2_000), 20), max(min(events, 20_000), office.BATCH), office.BATCH
    mixed, large = (functools.partial(office.mixed, folder, size) for size in (events, 5 * events))
    hashed = functools.partial(office.hashed, folder, events)
    singles = functools.partial(office.singles, folder, min(events // 2, 100_000))
    start = functools.partial(started, folder / "started")
    start_cheaply = functools.partial(started, folder / "started-cheaply", log2_n=10)
    state = folder / "started" / "archive" / "cache" / "state.duckdb"
    return {
        "make mixed": lambda: made(mixed()),
        "make large": lambda: made(large()),
        "make verified": lambda: made(mixed(), hashed(), singles()),
        "limit hashed": lambda: lambda: peers.three_hashes(hashed()),
        "limit mixed": lambda: lambda: peers.three_hashes(mixed()),
        "limit signatures mixed": lambda: peers.raw_signatures(mixed(), 1),
        "limit signatures 1": lambda: peers.raw_signatures(singles(), 1),
        "limit signatures all": lambda: peers.raw_signatures(singles(), CORES),
        "verify hashed 1": lambda: verified(hashed(), 1),
        "verify hashed 2": lambda: verified(hashed(), 2),
        "verify mixed 1": lambda: verified(mixed(), 1),
        "verify mixed 2": lambda: verified(mixed(), 2),
        "verify singles": lambda: verified(singles(), CORES),
        "verify signatures": lambda: checked_signatures(singles()),
        "verify since": lambda: verified_since(mixed()),
        "append batch": lambda: appended(folder / "batch", many, batch),
        "append batch encoded": lambda: appended(folder / "batch", many, batch, encoded=True),
        "append single": lambda: appended(folder / "single", few, 1),
        "sqlite batch": lambda: peers.append_to_sqlite(folder, many, batch),
        "sqlite batch encoded": lambda: peers.append_to_sqlite(folder, many, batch, encoded=True),
        "sqlite single": lambda: peers.append_to_sqlite(folder, few, 1),
        "eventsourcing batch": lambda: peers.append_to_eventsourcing(folder, many, batch),
        "eventsourcing single": lambda: peers.append_to_eventsourcing(folder, few, 1),
        "eventsourcing projection": lambda: peers.project_with_eventsourcing(folder, many),
        "rebuild": lambda: rebuilt(mixed()),
        "rebuild large": lambda: rebuilt(large()),
        "catch up": lambda: caught_up(mixed()),
        "catch up large": lambda: caught_up(large()),
        "destroy": lambda: destruction.destroyed(mixed(), max(events // 100, 10)),
        "rewrite payloads": lambda: destruction.rewritten(mixed()),
        "due": lambda: destruction.due(mixed()),
        "search": lambda: searched(mixed()),
        "count letters": lambda: searched(mixed(), counted=True),
        **{f"report {name}": functools.partial(_report, mixed, name) for name in declaration.reports()},
        "count events": lambda: reported(mixed(), "register", counted=True),
        "duckdb count": lambda: peers.count_in_duckdb(mixed()),
        "python fold": lambda: lambda: peers.fold_in_python(mixed()),
        "start python": lambda: start("python", "-c", "pass"),
        "start duckdb": lambda: start("python", "-c", OPEN_STATE, str(state)),
        "start append": lambda: start("archief", *REGISTER),
        "start append cheaply": lambda: start_cheaply("archief", *REGISTER),
        "start show": lambda: start("archief", "show", "2021-00017"),
    }


def measured(name: str, folder: Path, events: int) -> dict[str, float]:
    """Do one work: the seconds it took, the units done in them, and the most memory held, in bytes.

    Raises:
        ModuleNotFoundError: this checkout or machine cannot do it.
    """
    run = works(folder, events)[name]()
    gc.collect()
    gc.freeze()  # what preparing left behind is nobody's work
    begun = time.perf_counter()
    done = run()
    seconds = time.perf_counter() - begun
    gc.unfreeze()
    units, seconds = done if isinstance(done, tuple) else (done, seconds)
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"memory": most if sys.platform == "darwin" else most * 1024, "seconds": seconds, "units": units}


def main() -> None:
    """Do one work and say how it went."""
    try:
        print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
    except ModuleNotFoundError as error:
        sys.stderr.write(str(error))
        sys.exit(LACKING)


if __name__ == "__main__":
    main()
