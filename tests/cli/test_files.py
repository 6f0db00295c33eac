"""A file that is named and is not there, or a folder to write into: one exit code, whichever option named it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from archief.cli.main import cli
from archief.errors import NotFoundError
from tests.cli import transcript

LINES = {
    "append --document": "--as jansen append letter_registered --set kind=brief --set number=1 --document gone/away",
    "append --data": "--as jansen append letter_registered --set kind=brief --data gone/away",
    "append --from": "--as jansen append --from gone/away",
    "backup TO": "--as archivaris backup gone/away",
    "restore FROM": "restore gone/away",
    "restore --into": "--as archivaris restore kopie --into gone/away",
    "restore --log": "restore kopie --log gone/away",
    "check proof FILE": "check proof gone/away",
    "check proof --entry": "check proof proof.tlog-proof --vkey vkeys --entry gone/away",
    "check proof --payload": "check proof proof.tlog-proof --vkey vkeys --payload gone/away",
    "check proof --vkey": "check proof proof.tlog-proof --vkey gone/away",
    "check proof --checkpoint": "check proof proof.tlog-proof --checkpoint gone/away",
    "checkpoint --out": "checkpoint --out gone/away",
    "cosign FILE": "cosign gone/away --vkey vkeys --out back",
    "cosign --vkey": "cosign events/public/checkpoint --vkey gone/away --out back",
    "cosign --proof": "cosign later --vkey vkeys --out back --proof gone/away",
    "cosign --out": "cosign events/public/checkpoint --vkey vkeys --out gone/away",
    "edit --document": "--as jansen edit 2021-00017 --document gone/away",
    "check bundle FOLDER|ZIP": "check bundle gone/away",
    "check bundle --checkpoint": "check bundle bundle --vkey vkeys --checkpoint gone/away",
    "check bundle --vkey": "check bundle bundle --vkey gone/away",
    "export documents --out": "export documents 2021-00017 --out gone/away",
    "export evidence --out": "export evidence 2021-00017 --out gone/away",
    "check sip FOLDER|ZIP": "check sip gone/away",
    "import sip FOLDER|ZIP": "--as archivaris import sip gone/away --source vorig --yes",
    "export sip --out": "export sip 2021-00017 --out gone/away",
    "export sip --records": "export sip --records gone/away --out sip",
    "check snapshot FOLDER|ZIP": "check snapshot gone/away",
    "check snapshot --checkpoint": "check snapshot momentopname --checkpoint gone/away",
    "check snapshot --vkey": "check snapshot momentopname --vkey gone/away",
    "export snapshot --out": "export snapshot --out gone/away",
    "edit --data": "--as jansen edit 2021-00017 --data gone/away",
    "key enrol KEY|FILE": "--as archivaris key enrol gone/away",
    "key enrol --request": "key enrol jansen --person Kluis --request gone/away",
    "receive --data": "--as jansen receive --data gone/away",
    "receive --document": "--as jansen receive --set subject=x --document gone/away",
    "receive --from-folder": "--as jansen receive --from-folder gone/away --yes",
    "receive [FILE]...": "--as jansen receive gone/away --yes",
    "register --data": "--as jansen register --data gone/away",
    "register --document": "--as jansen register --set subject=x --document gone/away",
    "register --from-folder": "--as jansen register --from-folder gone/away --yes",
    "register [FILE]...": "--as jansen register gone/away --yes",
    "prove --out": "prove 8 --out gone/away",
    "read FILE...": "read gone/away",
    "render --out": "render 2021-00017 --out gone/away",
    "render --template": "render 2021-00017 --out letter.pdf --template gone/away",
    "replay --into": "replay --into gone/away",
    "report --out": "report register --format csv --out gone/away",
    "rules import FILE.csv": "--as archivaris rules import gone/away --code own:lijst --begin 1983-01-01",
    "sign --pdf": "--as jansen sign 2021-00018 --basis gemeentewet:32a --pdf gone/away",
    "transfer answer FOLDER|ZIP": "--as jansen transfer answer gone/away --accepted --out note",
    "timestamp --request": "--as archivaris timestamp --request gone/away",
    "timestamp --token": "--as archivaris timestamp --token gone/away",
    "verify --against": "verify --against gone/away",
}
BEFORE = (
    "archief key new --use cosigner -q",
    "archief prove 8 --out proof -q",
    "archief export evidence 2021-00017 --out bundle -q",
    "archief export snapshot --out momentopname -q",
    "ARCHIEF_STATE=other archief cosign events/public/checkpoint --vkey vkeys --out earlier",
    "archief --as archivaris role grant Kluis griffie -q",
    "archief --as archivaris backup kopie -q",
    "cp events/public/checkpoint later",
)
"""Also a head that another machine remembers, so that it asks for a proof that the later one extends it."""

OTHERWISE = {
    "check sip --xsd": "read when there is a package to look at: tests/unit/test_lint.py",
    "timestamp --ca": "read when there is a token to check: tests/unit/test_cli_timestamp.py",
    "transfer export --out": "asked when there is a transfer: as export sip",
    "transfer answer --out": "asked when there is a package: as prove --out",
    **dict.fromkeys(
        (
            "transfer receipt --note",
            "transfer receipt --document",
            "transfer reject --note",
            "transfer reject --document",
        ),
        "read when there is a transfer: tests/cli/commands/transfer-receipt.txt",
    ),
    **dict.fromkeys(
        ("sign --crl", "sign --roots"), "read when there is a certificate: tests/unit/test_cli_sign_pdf.py"
    ),
    "init FOLDER": "made when it is not there",
}


def _file_options(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Every option and argument that takes a file."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _file_options(command, (*words, name))
            continue
        for option in command.params:
            if isinstance(option.type, click.Path) or "FILE" in (option.metavar or ""):
                called = (
                    option.opts[0] if isinstance(option, click.Option) else option.metavar or option.opts[0].upper()
                )
                yield " ".join((*words, name, called))


def test_every_option_that_takes_a_file_is_tried() -> None:
    assert set(LINES) | set(OTHERWISE) == set(_file_options(cli))


@pytest.mark.slow
def test_a_file_or_folder_that_is_not_there_is_not_found(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = transcript.begin("letters.txt", kept)
    Path("vkeys").write_text(world.run("archief checkpoint --vkeys")[0])
    for line in BEFORE:
        _, err, code = world.run(line)
        assert 0 == code, err
    for name, line in LINES.items():
        settings = "ARCHIEF_STATE=other " if name == "cosign --proof" else ""
        _, err, code = world.run(f"{settings}archief {line}")
        assert NotFoundError.exit_code == code, f"{name}\n{err}"
        assert "there is no " in err, f"{name}\n{err}"
        assert "hint:" in err, name
