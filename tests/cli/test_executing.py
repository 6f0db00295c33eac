"""A hold that comes between the question and the announcement; an announcement against the rules, and taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from archief.cli import drafting
from archief.cli.destruction import executing
from archief.cli.session import Session
from tests.cli import transcript
from tests.cli.transcript import World

pytestmark = pytest.mark.slow

EXECUTE = "archief --as smit destroy execute $S"


@pytest.fixture
def world(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    made = transcript.begin("authorised.txt", kept)
    assert "authorised" in told(made)["status"]
    return made


def told(world: World) -> dict[str, Any]:
    out, err, code = world.run("archief sql --json 'select status, authorised_seq, stream from destruction'")
    assert 0 == code, err
    (row,) = json.loads(out)["rows"]
    return dict(row)


def letter_of(world: World) -> str:
    """The letter of the destruction, whether its number is still there or not."""
    query = "select stream from letter where kind = 'raadsinformatiebrief'"
    return str(json.loads(world.run(f'archief sql --json "{query}"')[0])["rows"][0]["stream"])


def test_a_hold_that_comes_while_the_question_stands_stops_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    destruction = world.stream

    def slow(*_: object, **__: object) -> None:
        err, code = world.run("archief --as smit hold place Z-1 --ground woo:4.1a --reason Woo-verzoek")[1:]
        assert 0 == code, err

    with monkeypatch.context() as context:
        context.setattr(Session, "confirm", slow)
        _, err, code = world.run(EXECUTE)
    assert (22, True) == (code, "somebody else wrote first" in err)
    world.stream = destruction
    _, err, code = world.run(f"{EXECUTE} --yes")
    assert (21, True) == (code, "woo:4.1a" in err)


def test_what_was_announced_against_the_rules_is_not_carried_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    row = told(world)
    letter = letter_of(world)
    world.run("archief --as smit annotate 2021-00017 'Gebeld'")
    append = (
        f"archief --as smit append destruction_started --stream {row['stream']} --set streams={letter}"
        f" --set authorisation={row['authorised_seq']} --set documents=1 --set payloads=1"
    )
    _, err, code = world.run(append)
    assert (21, True) == (code, "not appended by hand" in err)
    with monkeypatch.context() as context:
        context.setattr(drafting, "OWN_COMMAND", {})
        assert 0 == world.run(append)[2]
    _, err, code = world.run(f"archief --as smit destroy execute {row['stream']} --yes")
    assert (21, True) == (code, "announced although it changed after the consent" in err), err
    cancel = f"archief --as smit destroy cancel {row['stream']} --ground mistaken --reason 'buiten de regels om'"
    out, err, code = world.run(cancel)
    assert (0, True) == (code, "the round is cancelled" in out), err
    assert ["cancelled"] == told(world)["status"].split()
    assert 0 == world.run("archief --as smit annotate 2021-00017 'Toch gebleven'")[2]
    assert 0 == world.run(f"archief --as smit destroy propose --due --again {row['stream']} --title Opnieuw")[2]


@pytest.mark.parametrize("lawful", [True, False])
def test_an_execution_in_its_midst_is_gone_on_with_unless_it_was_against_the_rules(
    world: World, monkeypatch: pytest.MonkeyPatch, *, lawful: bool
) -> None:
    destruction = world.stream
    if not lawful:
        world.run("archief --as smit annotate 2021-00017 'Gebeld'")
        world.stream = destruction
        monkeypatch.setattr(executing, "_recheck", lambda *_: None)
    with monkeypatch.context() as context:
        context.setattr(executing, "_close_records", Mock(side_effect=KeyboardInterrupt))
        assert 0 != world.run(f"{EXECUTE} --yes")[2]
    late = f"archief --as smit hold place {letter_of(world)} --ground litigation --reason Beroep"
    _, err, code = world.run(late)
    assert (21, True) == (code, "destroyed, or about to be: nothing can be kept" in err), err
    _, err, code = world.run("archief --as archivaris destroy cancel $S --ground changed --reason Bezwaar")
    if lawful:
        assert (21, True) == (code, "go on with it: archief destroy execute" in err), err
        assert 0 == world.run(f"{EXECUTE} --yes")[2]
        return
    assert (0, True) == (code, "it was begun although it changed after the consent" in err), err
    assert "a payload is missing and no destruction covers it" in "".join(world.run("archief verify")[:2])
