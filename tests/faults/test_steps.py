"""An append that fails at any step loses nothing that was acknowledged, and its retry makes exactly one commit."""

from __future__ import annotations

import copy
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from archief.draft import Draft, draft, new_commit_id
from archief.errors import ArchiefError, WriteFailedError
from archief.events import envelope
from archief.journal import Journal
from archief.log import Log
from archief.storage import base
from archief.storage.base import Storage
from archief.storage.local import LocalStorage
from tests.faults.mounts import mounted
from tests.faults.steps import HOWS, Disk, How, Killed, Steps
from tests.founding import START, Founded, faults, folder, found, founding, recomputed_root, seeded, unfounded

pytestmark = pytest.mark.slow

SEGMENT = 256
"""Entries in a segment here: a seam is as cheap as any other place. One real seam is in tests/unit/test_journal.py."""

SEED = 20160105
STRIDE = int(os.environ.get("ARCHIEF_TEST_STRIDE", "4"))
"""Of what is tried at every step in many ways, every so manieth way is; 1 takes some minutes."""
LOTS = max(4 // STRIDE, 1)
"""So many ways of losing what was not synced are drawn for every power cut, beside losing all of it."""
STEPS_MAX = 60


@pytest.fixture(autouse=True)
def _short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "SEGMENT_ENTRIES", SEGMENT)


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here waits for the platter: what a power cut leaves is worked out, not tried."""
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda _: None, raising=False)


@dataclass
class Scene:
    """An archive just before an append."""

    name: str
    prepare: Callable[[Path], Founded]
    drafts: Callable[[Founded], list[Draft]]


def _new(path: Path) -> Founded:
    return unfounded(folder(path))


def _first(archive: Founded) -> list[Draft]:
    return founding(seeded("first"), archive.log_keys, archive.stream, archive.archivaris)


def _young(path: Path) -> Founded:
    archive = found(folder(path))
    archive.append(archive.letter("Eerste", [b"bijlage"]))
    return archive


def _before_seam(path: Path) -> Founded:
    archive = _young(path)
    dossier = archive.dossier()
    fillers = [draft("dossier_reopened.v1", dossier) for _ in range(SEGMENT - 3 - archive.journal.size)]
    archive.append(*fillers)
    assert SEGMENT - 2 == archive.journal.size
    return archive


def _letter(archive: Founded) -> list[Draft]:
    return [archive.letter("Tweede")]


def _with_documents(archive: Founded) -> list[Draft]:
    return [archive.letter("Tweede", [b"een", b"twee" * 50_000])]


def _over_seam(archive: Founded) -> list[Draft]:
    return [archive.letter("Voor"), archive.letter("Over", [b"bijlage"]), archive.letter("Na")]


def _no_payload(archive: Founded) -> list[Draft]:
    return [draft("role_granted.v1", archive.archivaris.stream, {"role": "griffie"})]


SCENES = [
    Scene("first", _new, _first),
    Scene("letter", _young, _letter),
    Scene("documents", _young, _with_documents),
    Scene("no payload", _young, _no_payload),
    Scene("seam", _before_seam, _over_seam),
    Scene("tile", _before_seam, lambda archive: [archive.letter() for _ in range(SEGMENT + 4)]),
]


@dataclass
class Trial:
    """One scene in a folder of its own, and what must hold after whatever happens."""

    folder: Path
    archive: Founded
    drafts: list[Draft]
    commit_id: str
    size: int
    entries: bytes

    def act(self) -> None:
        """The append that something happens to."""
        self.archive.append(*self.drafts, commit_id=self.commit_id)

    def retry(self, journal: Journal) -> None:
        """The same append once more, and another one."""
        again = self.archive.append(*self.drafts, commit_id=self.commit_id, retry_from=self.size, journal=journal)
        assert self.commit_id == again.commit.id
        self.archive.append(self.archive.letter("Later", [b"later"]), journal=journal)
        assert journal.root().hex() == recomputed_root(journal.storage)
        journal.close()

    def check(self, storage: Storage | None = None) -> None:
        """Nothing is lost, nothing lies around, the commit is there once."""
        storage = storage or LocalStorage(self.folder)
        content = b"".join(storage.read(segment) for segment in storage.log_segments())
        assert content.startswith(self.entries), "acknowledged entries are gone"
        ids = [commit.id for commit in Log(storage).commits()]
        assert 1 == ids.count(self.commit_id), "not exactly one commit"
        assert [] == faults(storage)
        assert (self.folder / "lock").read_bytes()[:1] in {b"", b" "}
        assert registered(storage) == set(storage.document_ids())


def registered(storage: Storage) -> set[str]:
    return set(base.registered(storage.read(segment) for segment in storage.payload_segments()))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Scene], tuple[Path, Founded]]]:
    """A scene's folder, made once."""
    made: dict[str, tuple[Path, Founded]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(envelope, "SEGMENT_ENTRIES", SEGMENT)

        def prepare(scene: Scene) -> tuple[Path, Founded]:
            if scene.name not in made:
                path = tmp_path_factory.mktemp("scene") / "archive"
                archive = scene.prepare(path)
                archive.journal.close()
                made[scene.name] = path, archive
            return made[scene.name]

        yield prepare


Begin = Callable[..., Trial]
EACH_SCENE = [pytest.param(one, id=one.name) for one in SCENES]


@pytest.fixture
def begin(prepared: Callable[[Scene], tuple[Path, Founded]], tmp_path: Path) -> Begin:
    """A fresh copy of a scene; its journal is open already, or opens with the append."""

    def make(scene: Scene, *, opened: bool = True, name: str = "archive") -> Trial:
        source, archive = prepared(scene)
        target = tmp_path / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        archive = copy.copy(archive)
        archive.entropy = seeded("trial")
        archive.journal = Journal(folder(target))
        if opened:
            archive.journal.open()
        storage = LocalStorage(target)
        size = base.read_tail(storage).size
        entries = b"".join(storage.read(segment) for segment in storage.log_segments())
        commit_id = new_commit_id(START, seeded("commit"))
        return Trial(target, archive, scene.drafts(archive), commit_id, size, entries)

    return make


def counted(trial: Trial, patch: pytest.MonkeyPatch) -> int:
    """How many steps the append of a scene takes."""
    with Steps(patch) as steps:
        trial.act()
    trial.archive.journal.close()
    assert 3 < len(steps.made) < STEPS_MAX
    return len(steps.made)


def happen(trial: Trial, patch: pytest.MonkeyPatch, at: int, how: How, share: float = 0.5) -> bool:
    """Let it happen. Gives whether the append was acknowledged all the same."""
    with Steps(patch, at, how, share=share) as steps:
        try:
            trial.act()
        except (ArchiefError, Killed, KeyboardInterrupt):
            return False
        assert not steps.dead
    return True


@pytest.mark.parametrize("scene", EACH_SCENE)
@pytest.mark.parametrize("how", HOWS)
def test_an_append_that_fails_at_any_step_is_done_once_by_its_retry(
    scene: Scene, how: How, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The dear scene, which only has more of the same steps, shares them out over the ways.
    first, stride = (HOWS.index(how) % STRIDE, STRIDE) if scene is SCENES[-1] else (0, 1)
    for at in range(first, counted(begin(scene), monkeypatch), stride):
        trial = begin(scene)
        acknowledged = happen(trial, monkeypatch, at, how)
        if acknowledged:
            assert trial.size < base.read_tail(LocalStorage(trial.folder)).size
        if how.startswith("killed") or how == "torn":
            trial.archive.journal.storage.close()  # as the system does for a process that is gone
            trial.retry(Journal(folder(trial.folder)))
        else:
            trial.retry(trial.archive.journal)
        trial.check()


@pytest.mark.parametrize("how", ["refused", "lost reply", "full", "interrupted"])
def test_an_append_that_fails_leaves_nothing_even_without_a_retry(
    how: How, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = SCENES[2]
    for at in range(counted(begin(scene), monkeypatch)):
        trial = begin(scene)
        happen(trial, monkeypatch, at, how)
        storage = LocalStorage(trial.folder)
        assert registered(storage) == set(storage.document_ids()), f"step {at}"
        size = base.read_tail(storage).size
        assert all(base.payload_seq(storage.read(segment)) < size for segment in storage.payload_segments())
        if how != "full":  # there the log's loose end waits: its copy finds no place
            assert [] == faults(storage), f"step {at}"


@pytest.mark.parametrize("how", ["killed before", "torn", "refused"])
def test_opening_and_appending_at_once_fails_as_safely(how: How, begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = SCENES[1]
    for at in range(counted(begin(scene, opened=False), monkeypatch)):
        trial = begin(scene, opened=False)
        happen(trial, monkeypatch, at, how)
        trial.archive.journal.storage.close()
        trial.retry(Journal(folder(trial.folder)))
        trial.check()


@pytest.mark.parametrize("scene", EACH_SCENE)
def test_clearing_away_can_itself_be_killed_at_any_step(
    scene: Scene, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    stride = 1 if scene is SCENES[2] else 2 * STRIDE  # that with documents has every kind of step
    for at in range(0, counted(begin(scene), monkeypatch), stride):
        trial = begin(scene)
        happen(trial, monkeypatch, at, "torn", 0.9)
        trial.archive.journal.storage.close()
        left = trial.folder.with_name("left")
        shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(trial.folder, left)
        for second in range(STEPS_MAX):
            shutil.rmtree(trial.folder)
            shutil.copytree(left, trial.folder)
            storage = folder(trial.folder)
            with Steps(monkeypatch, second, "torn") as clearing:
                try:
                    Journal(storage).open()
                except Killed:
                    storage.close()
            trial.retry(Journal(folder(trial.folder)))
            trial.check()
            if not clearing.dead:
                break


@pytest.mark.parametrize("scene", EACH_SCENE)
def test_a_power_cut_at_any_step_loses_nothing_that_was_acknowledged(
    scene: Scene, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(SEED)
    for at in range(counted(begin(scene, opened=False), monkeypatch) + 1):
        for lot in (None, *(random.Random(chance.random()) for _ in range(LOTS))):
            trial = begin(scene, opened=False)
            disk = Disk(trial.folder)
            with Steps(monkeypatch, at, "killed before", watch=disk.watch):
                try:
                    trial.act()
                    acknowledged = True
                except Killed:
                    acknowledged = False
            trial.archive.journal.storage.close()
            disk.after_power_cut(trial.folder.with_name("after"), lot)
            trial.folder = trial.folder.with_name("after")
            if acknowledged:
                assert trial.size < base.read_tail(LocalStorage(trial.folder)).size, "acknowledged and lost"
            trial.retry(Journal(folder(trial.folder)))
            trial.check()


@pytest.mark.parametrize("scene", EACH_SCENE)
def test_a_retry_that_is_told_done_stays_done_after_a_power_cut(
    scene: Scene, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between write and sync, the commit can be read and is not on the disk: who is told "done" must be able to
    rely on it.
    """
    for at in range(counted(begin(scene, opened=False), monkeypatch)):
        trial = begin(scene, opened=False)
        disk = Disk(trial.folder)
        with Steps(monkeypatch, at, "killed before", watch=disk.watch), pytest.raises(Killed):
            trial.act()
        trial.archive.journal.storage.close()
        with Steps(monkeypatch, watch=disk.watch):
            journal = Journal(folder(trial.folder))
            again = trial.archive.append(
                *trial.drafts, commit_id=trial.commit_id, retry_from=trial.size, journal=journal
            )
        journal.storage.close()
        disk.after_power_cut(trial.folder.with_name("after"))
        assert again.size == base.read_tail(LocalStorage(trial.folder.with_name("after"))).size
        trial.folder = trial.folder.with_name("after")
        trial.retry(Journal(folder(trial.folder)))
        trial.check()


def test_the_steps_are_taken_in_the_order_that_makes_them_safe(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents, payloads, entries; each synced before the next; over a seam the earlier segment first."""
    trial = begin(SCENES[4])
    made: list[str] = []
    opened: dict[int, str] = {}

    def watch(when: str, name: str, args: tuple[object, ...], result: object) -> None:
        if when == "after" and name in ("open", "create"):
            assert isinstance(result, int)
            opened[result] = Path(str(args[0])).relative_to(trial.folder).as_posix()
        if when == "after" and name in ("write", "sync", "fsync"):
            assert isinstance(args[0], int)
            path = opened.get(args[0], "lock")
            made.append(f"{name} {path.partition('/')[0] if path.startswith('documents/') else path}")

    trial.archive.journal.close()
    trial.archive.journal = Journal(folder(trial.folder))
    with Steps(monkeypatch, watch=watch):
        trial.archive.journal.open()
        made.clear()
        trial.act()
    log, payload = made.index("write log/000000000000.jsonl"), made.index("write payload/000000000000.jsonl")
    assert [
        "write payload/000000000000.jsonl",
        "sync payload/000000000000.jsonl",
        "write payload/000000000256.jsonl",
        "sync payload/000000000256.jsonl",
        "fsync payload",
        "write log/000000000000.jsonl",
        "sync log/000000000000.jsonl",
        "write log/000000000256.jsonl",
        "sync log/000000000256.jsonl",
        "fsync log",
    ] == made[payload : log + 5]
    assert ["write lock", "sync lock"] == made[:2]
    assert {"fsync documents", "write documents", "sync documents"} == set(made[2:payload])
    assert "sync documents" == [step for step in made[:payload] if "fsync" not in step][-1]


def test_a_last_line_torn_at_any_byte_is_moved_away(begin: Begin) -> None:
    trial = begin(SCENES[1])
    trial.act()
    trial.archive.journal.close()
    path = trial.folder / "log" / "000000000000.jsonl"
    whole = path.read_bytes()
    recovered = trial.folder / "recovered"
    line = whole.rfind(b"\n", 0, -1) + 1
    payload = (trial.folder / "payload" / "000000000000.jsonl").read_bytes()
    for cut in range(line, len(whole)):
        path.write_bytes(whole[:cut])
        (trial.folder / "payload" / "000000000000.jsonl").write_bytes(payload)
        storage = LocalStorage(trial.folder)
        with storage.writing() as tail:
            assert trial.size == tail.size, f"byte {cut}"
        storage.close()
        assert trial.entries == path.read_bytes()
        (kept,) = recovered.iterdir()
        assert whole[len(trial.entries) : cut] == kept.read_bytes()
        if cut % 97 == 0:
            assert [] == faults(LocalStorage(trial.folder))
        kept.unlink()
    trial.retry(Journal(folder(trial.folder)))
    trial.check()


def test_a_payload_line_torn_at_any_byte_is_cut(begin: Begin) -> None:
    trial = begin(SCENES[1])
    log = (trial.folder / "log" / "000000000000.jsonl").read_bytes()
    path = trial.folder / "payload" / "000000000000.jsonl"
    before = path.read_bytes()
    trial.act()
    trial.archive.journal.close()
    whole = path.read_bytes()
    (trial.folder / "log" / "000000000000.jsonl").write_bytes(log)
    for cut in range(len(before), len(whole)):
        path.write_bytes(whole[:cut])
        storage = LocalStorage(trial.folder)
        with storage.writing():
            assert before == path.read_bytes(), f"byte {cut}"
        storage.close()
    trial.retry(Journal(folder(trial.folder)))
    trial.check()


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, requires: Callable[[str, bool, str], None]) -> None:
    """A real one: a file system of one megabyte."""
    with mounted(tmp_path / "disk", "size=1m") as disk:
        requires("mount", disk is not None, "mounting a file system needs root")
        assert disk is not None
        archive = found(folder(disk / "archive"))
        acknowledged = archive.journal.size

        def fill() -> None:
            nonlocal acknowledged
            for number in range(1_000):
                acknowledged = archive.append(archive.letter(f"Brief {number}", [os.urandom(20_000)])).size

        with pytest.raises(WriteFailedError) as caught:
            fill()
        assert "free space" in caught.value.remedy
        assert acknowledged == Log(LocalStorage(disk / "archive")).size
        assert [] == faults(LocalStorage(disk / "archive"))
        archive.journal.close()
        subprocess.run(["mount", "-o", "remount,size=2m", disk], check=True)
        journal = Journal(folder(disk / "archive"))
        archive.append(archive.letter("Het past weer", [os.urandom(20_000)]), journal=journal)
        journal.close()
        assert [] == faults(LocalStorage(disk / "archive"))


def test_a_commit_whose_sync_failed_is_written_again(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a sync that failed the system may take pages for clean; what is read may never reach the disk."""
    trial = begin(SCENES[1])
    with Steps(monkeypatch) as steps:
        trial.act()
    at = len(steps.made) - 1 - steps.made[::-1].index("sync")
    trial.archive.journal.close()
    trial = begin(SCENES[1])
    with Steps(monkeypatch, at, "refused") as steps, pytest.raises(WriteFailedError):
        trial.act()
    assert ["pwrite", "sync", "fsync", "pwrite", "sync", "fsync"] == steps.made[-7:-1]
    trial.retry(trial.archive.journal)
    trial.check()
