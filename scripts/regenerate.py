"""Makes events/, the sample archive: the founding letters as they would have been registered, signed and dispatched.

    .venv/bin/python scripts/regenerate.py [FOLDER] [--check]

Same script, same bytes: ids, salts and keys come from SHA-256 of published words, the clock is made up, the letters'
texts are those that lie in events/documents (the first time: in ../shared). Only ML-DSA signatures differ from run to
run; so a signed head that is there already, says the same and verifies, is kept. Regenerating leaves no difference.

THE KEYS ARE TEST KEYS AND PUBLISHED: anybody can make them with this script. The office-holders named in the letters
never held them. Every signature on a letter says so: level none, "reconstructie, testsleutels".

The examples in docs/format.md are cut out of it, and are brought up to date too.

--check writes nothing and ends with 1 when events/ is not what this script makes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that the script runs from anywhere

from archief import publishing  # noqa: E402 - after the path
from archief.errors import ArchiefError  # noqa: E402
from archief.journal import Journal  # noqa: E402
from archief.log import Log  # noqa: E402
from archief.rules.authority import Authority  # noqa: E402
from archief.storage.local import LocalStorage  # noqa: E402
from archief.tlog import note  # noqa: E402
from scripts import format_examples  # noqa: E402
from scripts import founding_days as days  # noqa: E402
from scripts import founding_letters as letters  # noqa: E402

FOLDERS = ("log", "payload", "documents", "public")
LEFT_OUT = ("cache", "lock", "recovered")
"""What an archive in use may have besides; never part of the sample."""


def founding_texts(folder: Path) -> dict[str, bytes]:
    """The letters' bytes: from the sample's documents, or from ../shared when the sample is made for the first time."""
    found = {}
    for text in letters.TEXTS:
        document = days.document_id(text)
        places = (
            folder / "documents" / document[:2] / f"{document}.bin",
            ROOT.parent / "shared" / "corpus" / "seeds" / text.name,
        )
        place = next((path for path in places if path.is_file()), None)
        if place is None:
            raise SystemExit(f"{text.name} is neither in {places[0]} nor in ../shared")
        found[text.name] = text.checked(place.read_bytes())
    return found


def build(folder: Path, texts: Mapping[str, bytes], stored: Path | None = None) -> None:
    """Make the sample in an empty folder.

    Args:
        folder: where.
        texts: the letters' bytes by file name.
        stored: a sample whose signed heads are kept where they say the same.
    """
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    storage = LocalStorage(folder)
    with Journal(storage) as journal:
        sample = days.Sample(journal, texts)
        for day in days.DAYS:
            day(sample)
        if stored is not None:
            keep_heads(folder, stored, journal.authority)
    (folder / "lock").unlink()


def keep_heads(folder: Path, stored: Path, authority: Authority) -> None:
    """Take over signed heads that say the same and verify: an ML-DSA signature is another one every time."""
    for path in [*sorted((folder / "public").glob("checkpoint*/*")), folder / "public" / "checkpoint"]:
        earlier = stored / path.relative_to(folder)
        if earlier.is_file() and says_the_same(earlier.read_bytes(), path.read_bytes(), authority):
            path.write_bytes(earlier.read_bytes())


def says_the_same(earlier: bytes, made: bytes, authority: Authority) -> bool:
    """Whether an earlier head has the same text and the same signers, and every signature verifies."""
    try:
        opened = publishing.open_head(earlier, authority)
        old, new = note.parse_note(earlier), note.parse_note(made)
    except ArchiefError:
        return False
    signers = [[(line.name, line.key_id) for line in one.lines] for one in (old, new)]
    return old.text == new.text and signers[0] == signers[1] and not opened.findings


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of the sample by its path; what an archive in use has besides is left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in LEFT_OUT
    }


def differences(folder: Path, made: Mapping[str, bytes]) -> list[str]:
    """The paths that are not as the script makes them."""
    there = contents(folder) if folder.is_dir() else {}
    return sorted(path for path in {*there, *made} if there.get(path) != made.get(path))


def replace(folder: Path, made: Mapping[str, bytes]) -> list[str]:
    """Bring the sample to what was made. Gives the paths that changed."""
    changed = differences(folder, made)
    for path in changed:
        target = folder / path
        if path not in made:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(made[path])
    return changed


def refuse_another(folder: Path) -> None:
    """Refuse to write over an archive that is not the sample."""
    if folder.is_dir() and any((folder / "log").glob("*.jsonl")):
        origin = Log(LocalStorage(folder)).origin
        if origin != days.ORIGIN:
            raise SystemExit(f"{folder} is the archive {origin}, not the sample; nothing was changed")


def page(*, write: bool) -> list[str]:
    """Bring the examples in docs/format.md up to date. Gives the path when that changes it."""
    path = ROOT / "docs" / "format.md"
    before = path.read_text(encoding="utf-8")
    after = format_examples.filled(before, format_examples.Sample(ROOT / "events"))
    if write and before != after:
        path.write_text(after, encoding="utf-8")
    return [] if before == after else ["docs/format.md"]


def main(words: Sequence[str]) -> int:
    """Make the sample and say what changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "events")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when it is not what this script makes")
    asked = parser.parse_args(words)
    refuse_another(asked.folder)
    with tempfile.TemporaryDirectory() as place:
        build(Path(place) / "events", founding_texts(asked.folder), asked.folder)
        made = contents(Path(place) / "events")
    changed = differences(asked.folder, made) if asked.check else replace(asked.folder, made)
    if asked.folder == ROOT / "events":
        changed += page(write=not asked.check)
    for path in changed:
        print(f"{'differs' if asked.check else 'changed'}: {path}")
    if not changed:
        print(f"{asked.folder}: nothing changed")
    return 1 if changed and asked.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
