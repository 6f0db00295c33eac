"""With ``--json`` standard output is one JSON object, whatever a command does: also on a dry run, also with a file."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from archief.cli.main import cli
from tests.certificates import Authority
from tests.cli import transcript

LINES = """
    init new --organisation X --origin-host a.nl --person Y --test --dry-run
    init made --organisation X --origin-host a.nl --person Y --test --yes
    key new --dry-run
    key new
    key new --use cosigner
    key list
    --as archivaris key enrol person --person Kluis --dry-run
    --as archivaris key enrol cosigner --person Kluis
    key enrol person --person Kluis --request person.request
    --as archivaris key enrol person.request --dry-run
    --as archivaris key revoke jansen --dry-run
    --as archivaris person add "C. Smit" --role griffie --key --dry-run
    person list
    --as archivaris role grant Kluis griffie --dry-run
    --as archivaris role withdraw Kluis archivaris --dry-run
    --as archivaris mandate grant X --holder Kluis --role directeur --on-behalf-of college --basis gemeentewet:59a.2 \
--begin 2021-04-01 --dry-run
    --as archivaris mandate grant X --holder Kluis --role directeur --on-behalf-of college --basis gemeentewet:59a.2 \
--begin 2021-04-01
    --as archivaris mandate end {stream} --end 2021-07-01 --dry-run
    --as jansen register nieuw.txt --number 2021-00030 --dry-run
    --as jansen register --set subject=Fietsen --number 2021-00031
    --as jansen receive --set subject=Fietsen --sender Fietsersbond --dry-run
    --as jansen receive --set subject=Fietsen --sender Fietsersbond
    --as archivaris role grant "B. Jansen" griffie
    --as jansen meeting plan raadsronde 2016-01-19 --dry-run
    --as jansen meeting plan raadsronde 2016-01-19
    --as jansen meeting table 2021-00018 {stream} --dry-run
    --as jansen commitment make "Een plan." --due 2021-06-20 --dry-run
    --as jansen commitment make "Een plan." --due 2021-06-20
    --as jansen commitment settle {stream} --dry-run
    --as jansen edit 2021-00018 --set subject=Fietsen --dry-run
    --as jansen edit 2021-00018 --set subject=Fietsen
    --as jansen sign 2021-00018 --basis gemeentewet:32a --dry-run
    --as jansen sign 2021-00018 --basis gemeentewet:32a --pdf jansen.p12 --dry-run
    --as jansen dispatch 2021-00018 --channel post --to "De raad" --dry-run
    --as jansen dispatch 2021-00017 --report read
    --as jansen annotate 2021-00017 "Let op." --dry-run
    --as jansen relate 2021-00018 follows 2021-00017 --dry-run
    --as jansen withdraw 2021-00018 --dry-run
    --as jansen convert 2021-00017 --to pdfa --dry-run
    --as jansen convert 2021-00017 --to pdfa
    --as archivaris destroy erase 2022-00001 --entry 25 --ground avg:17 --decision D --reason R --dry-run
    --as archivaris destroy erase 2022-00001 --entry 25 --ground avg:17 --decision D --reason R --yes
    --as archivaris append rule_set_adopted --set rule_set=register --set begin=2026-01-01 \
--set 'series={{"series":"register","pattern":"{{year}}-{{number:05}}","start":1}}'
    --as archivaris role grant "B. Jansen" recordmanager
    --as jansen void 2026-00001 --reason verschreven --dry-run
    --as jansen append letter_registered --set kind=brief --set number=2021-00019 --document brief.txt --dry-run
    --as jansen append --from letters.jsonl --dry-run
    --as jansen append --from letters.jsonl
    --as jansen append --from letters.jsonl
    events
    events letter_registered
    read brief.txt
    --as jansen render 2021-00020 --dry-run
    --as jansen render 2021-00020 --out letter.pdf
    --as archivaris backup kopie --dry-run
    --as archivaris backup kopie
    restore kopie --drill
    --as archivaris restore kopie --log events --into terug --dry-run
    audit
    --as archivaris audit --record --dry-run
    --as archivaris audit --record
    --as archivaris verify --sample 3 --record --dry-run
    --as archivaris report toetsing --record --dry-run
    --as archivaris report toetsing --record
    --as archivaris finding open --rule own:kast --severity minor --title Kast --dry-run
    --as archivaris finding open --rule own:kast --severity minor --title Kast
    finding list
    show 2021-00017
    show 2021-00018 --on 2026-03-03
    history 2021-00017
    list
    list --kind mandates
    search stadsronde
    sql "select count(*) from letter"
    report list
    report register
    report register --format html --out register.html
    replay
    replay --until 8 --into early.duckdb
    verify
    verify --since
    verify --sample 3
    prove 8
    prove 8 --out person --with-payload
    prove --consistency 8
    prove --consistency 8 --out between
    check proof person.tlog-proof --checkpoint events/public/checkpoint
    check proof between.consistency
    export sip 2021-00017 2021-00018 --out out
    check sip out
    export snapshot --out momentopname
    check snapshot momentopname
    --as archivaris-3 import sip out --archive made --source vorig --dry-run
    --as archivaris-3 import sip out --archive made --source vorig --yes
    --as archivaris-3 import sip out --archive made --source vorig --yes
    export evidence 2021-00017 --out bewijs
    export documents 2021-00017 --out stukken
    check bundle bewijs
    checkpoint --dry-run
    checkpoint
    checkpoint --out sent
    checkpoint --show
    checkpoint --vkeys
    cosign --dry-run
    cosign
    cosign sent --vkey vkeys --dry-run
    cosign sent --vkey vkeys --out back
    --as archivaris timestamp --request head.tsq
    timestamp --verify
    doctor
    doctor --dry-run
    doctor --repair --yes
    completion bash
"""
DOSSIERS = """
    --as smit destroy propose --due --title Lijst --dry-run
    --as smit dossier open Vragen --number Z-9 --dry-run
    --as smit dossier open Vragen --number Z-9
    --as smit dossier file Z-9 2021-00018 --dry-run
    --as smit dossier unfile Z-3 2022-00001 --reason fout --dry-run
    --as smit dossier classify Z-3 --row 20.1 --reason "losse brief" --dry-run
    --as smit dossier classify Z-3 --row 20.1 --reason "losse brief"
    --as smit dossier close Z-3 --date 2022-06-30 --dry-run
    --as smit dossier reopen Z-2 --reason "nog een vraag" --dry-run
    --as smit restrict set 2021-00017 --ground archiefwet-1995:15.1.a --end 2096-01-01 --dry-run
    --as smit restrict set 2021-00017 --ground archiefwet-1995:15.1.a --end 2096-01-01
    --as smit restrict lift 2021-00017 --dry-run
    --as archivaris exempt Z-1 --ground own --reason uniek --dry-run
    --as smit transfer propose Z-2 --title Plan --agreement Afspraak --reason haast --dry-run
    --as smit hold place Z-1 --ground own --reason beroep --dry-run
    --as smit hold place Z-1 --ground own --reason beroep
    --as smit hold lift {stream} --reason klaar --dry-run
    --as archivaris rules adopt archiefwet-2026 --begin 2027-01-01 --reason "koninklijk besluit" --dry-run
    --as archivaris rules import lijst.csv --code own:lijst-1983 --begin 1983-01-01 --reason oud --dry-run
    rules list
    explain Z-1
    explain 2021-00017 --as-if selectielijst-gemeenten-2020:20.1
    list --kind dossiers
"""
"""After ``dossiers.txt``."""

DESTRUCTION = """
    --as bos destroy review {stream} --approve --dry-run
    --as bos destroy review {stream} --approve
    --as archivaris destroy consent {stream} --dry-run
    --as archivaris destroy consent {stream}
    --as vos destroy authorise {stream} --decision "Besluit 2026-03" --dry-run
    --as vos destroy authorise {stream} --decision "Besluit 2026-03"
    --as smit destroy cancel {stream} --ground changed --reason "niets over" --dry-run
    list --kind destructions
"""
"""After ``proposed.txt``."""

TRANSFER = """
    --as depot transfer answer sip --rejected --reason "Te laat." --out weigering.note
    --as archivaris transfer reject {stream} --ground other --note weigering.note --dry-run
    --as archivaris transfer reject {stream} --ground other --note weigering.note
    --as smit transfer export {stream} --out nieuw --dry-run
    --as smit transfer export {stream} --out nieuw
    --as smit transfer offer {stream} --channel desk --dry-run
    --as smit transfer offer {stream} --channel desk
    --as depot transfer answer nieuw --accepted --out ontvangst.note
    --as archivaris transfer receipt {stream} --note ontvangst.note --dry-run
    --as depot transfer receipt {stream} --note ontvangst.note
    --as archivaris transfer declare {stream} --dry-run
    --as archivaris transfer declare {stream}
    --as smit destroy propose --copies {stream} --title Kopieën --reason R --dry-run
    list --kind transfers
    show {stream}
"""
"""After ``offered.txt``."""

LIST = "nummer;proces;resultaat;waardering;bewaartermijn;procestermijn\n1.a;Vergaderen;Verslag;V;P1Y6M;nihil\n"

EXECUTION = """
    --as smit destroy execute {stream} --dry-run
    --as smit destroy execute {stream} --yes
    --as smit destroy again --dry-run
    --as smit destroy again --yes
"""
"""After ``authorised.txt``."""

FINDING = """
    --as archivaris finding assign {stream} "C. Smit" --dry-run
    --as archivaris finding assign {stream} "C. Smit"
    --as archivaris finding close {stream} --result solved --reason R --dry-run
    --as archivaris finding close {stream} --result solved --reason R
"""
BEGINS = {
    "letters.txt": LINES,
    "dossiers.txt": DOSSIERS,
    "finding.txt": FINDING,
    "proposed.txt": DESTRUCTION,
    "authorised.txt": EXECUTION,
    "offered.txt": TRANSFER,
}
BY_BEGINNING = {
    begins: [shlex.split(line) for line in lines.replace("\\\n", "").strip().splitlines()]
    for begins, lines in BEGINS.items()
}
COMMANDS = [words for lines in BY_BEGINNING.values() for words in lines]
FINDS = {"audit": 37}
"""What ends with findings has printed them too."""

ASKED = {"timestamp": "a dry run needs an authority's answer: tests/unit/test_cli_timestamp.py"}


def _names(words: list[str]) -> str:
    """The command that a line runs."""
    found: list[str] = []
    group: click.Command = cli
    for word in words[2:] if words[0] == "--as" else words:
        if not isinstance(group, click.Group):
            break
        found.append(word)
        command = group.get_command(click.Context(group), word)
        assert command is not None
        group = command
    return " ".join(found)


def _commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def test_every_command_is_tried_and_dry_too_when_it_can() -> None:
    known = dict(_commands(cli))
    assert set(known) == {_names(words) for words in COMMANDS}
    dry = {name for name, command in known.items() if any(option.name == "dry_run" for option in command.params)}
    assert dry - set(ASKED) == {_names(words) for words in COMMANDS if "--dry-run" in words}


@pytest.mark.slow
@pytest.mark.parametrize("begins", BEGINS)
def test_what_every_command_prints_is_json(
    begins: str, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = transcript.begin(begins, kept)
    line = {"type": "letter_registered", "facts": {"kind": "brief"}, "data": {"number": "2021-00020"}}
    Path("letters.jsonl").write_text(json.dumps(line) + "\n")
    Path("nieuw.txt").write_text("Geachte raadsleden,\n\nDe stalling is open.\n")
    Path("jansen.p12").write_bytes(Authority("Test CA", transcript.BEGIN).holder("B. Jansen"))
    vkeys, _, _ = world.run("archief checkpoint --vkeys")
    Path("vkeys").write_text(vkeys)
    Path("lijst.csv").write_text(LIST)
    stream = world.stream
    for words in BY_BEGINNING[begins]:
        command = shlex.join(["archief", *(word.format(stream=stream) for word in words), "--json"])
        out, err, code = world.run(command)
        assert code in {0, FINDS.get(_names(words))}, f"{command}\n{err}"
        told = json.loads(out)
        assert isinstance(told, dict), command
        assert ("--dry-run" in words and words[0] != "doctor") == ("dry_run" in told), command
        stream = told.get("streams", [stream])[-1]
