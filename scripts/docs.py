"""Writes the pages of docs/ that are printed from the code; with --check compares them instead.

scripts/docs.py             writes docs/cli.md, errors.md, events.md, data.md and reports.md
scripts/docs.py --check     exit 1 when a page is not what the code prints, and says which
"""

from __future__ import annotations

import sys
from pathlib import Path

from archief.cli.reference import cli_markdown, errors_markdown
from archief.events.schema import events_markdown
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


def pages() -> dict[str, str]:
    """Every printed page by its name."""
    return {
        "cli.md": cli_markdown(),
        "data.md": data_markdown(),
        "errors.md": errors_markdown(examples()),
        "events.md": events_markdown(),
        "reports.md": reports_markdown(),
    }


def main() -> int:
    """Write or compare; the exit code."""
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        print(__doc__, file=sys.stderr)
        return 2
    stale = []
    for name, text in pages().items():
        path = ROOT / "docs" / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name}: {'not what the code prints; run scripts/docs.py' if check else 'written'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
