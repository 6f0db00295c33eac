"""Writes what is printed from the code, or from a table that people write; with --check compares it instead.

scripts/docs.py             writes docs/cli.md, errors.md, events.md, data.md and reports.md, codes.json and roles.json
scripts/docs.py --check     exit 1 when one of them is not what would be printed, and says which
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from archief.cli.reference import cli_markdown, errors_markdown
from archief.events.schema import events_markdown
from archief.law import files
from archief.projections.tables import data_markdown
from archief.reports.declaration import reports_markdown

ROOT = Path(__file__).resolve().parent.parent
TRANSCRIPTS = ROOT / "tests" / "cli" / "errors"


def examples() -> dict[str, str]:
    """The last command of each error's transcript with what it printed, by the error's word."""
    found = {}
    for path in sorted(TRANSCRIPTS.glob("*.txt")):
        body = path.read_text(encoding="utf-8").split("\n-- ")[0]
        found[path.stem] = "$ " + body.rpartition("\n$ ")[2].rstrip()
    return found


def printed() -> Iterator[tuple[Path, str]]:
    """Every printed file: where it stands and its text. The tables come first: the pages are printed with them."""
    for name in files.PRINTED:
        yield files.FOLDER / f"{name}.json", files.as_json(name)
    yield ROOT / "docs" / "cli.md", cli_markdown()
    yield ROOT / "docs" / "data.md", data_markdown()
    yield ROOT / "docs" / "errors.md", errors_markdown(examples())
    yield ROOT / "docs" / "events.md", events_markdown()
    yield ROOT / "docs" / "reports.md", reports_markdown()


def main() -> int:
    """Write or compare; the exit code."""
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        print(__doc__, file=sys.stderr)
        return 2
    stale = []
    for path, text in printed():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.relative_to(ROOT))
            if not check:
                path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'not what the code prints; run scripts/docs.py' if check else 'written'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
