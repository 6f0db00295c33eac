"""Signed notes, checkpoints and cosignatures that other programs wrote, and malformed ones that nobody may accept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archief import canonical
from archief.errors import ArchiefError
from archief.tlog import merkle, note
from archief.tlog.checkpoint import Checkpoint, judge_checkpoint
from archief.tlog.head import parse_head


def test_every_note_comes_out_as_it_should(shared: Path) -> None:
    cases = json.loads((shared / "vectors/note/notes.json").read_text("utf-8"))
    assert len(cases) == 43
    for case in cases:
        raw = case["note"].encode("utf-8", "surrogatepass")
        known = note.parse_vkey(case["vkey"])
        assert case["vkey"] == known.vkey
        if not case["valid"]:
            with pytest.raises(ArchiefError):
                note.open_note(raw, [known], case["id"])
            continue
        opened = note.open_note(raw, [known], case["id"])
        assert ["verified"] == [one.verdict for one in opened.signatures if one.verifier == known], case["id"]
        if not case["kind"].startswith("note/"):
            parse_head(opened.text, case["id"])


def test_the_kinds_of_signature_are_told_apart_in_a_note_of_two(shared: Path) -> None:
    cases = {case["id"]: case for case in json.loads((shared / "vectors/note/notes.json").read_text("utf-8"))}
    case = cases["sunlight-witness"]
    opened = note.open_note(case["note"].encode(), [note.parse_vkey(case["vkey"])])
    assert [("rome2026h1.example.org", "unknown", None), ("witness.example.org", "verified", 1767139200)] == [
        (one.name, one.verdict, one.timestamp) for one in opened.signatures
    ]


def test_a_log_of_another_program_signed_with_ml_dsa_is_accepted(shared: Path) -> None:
    raw = (shared / "vectors/note/mldsa-log.checkpoint").read_bytes()
    known = note.parse_vkey((shared / "vectors/note/mldsa-log.vkey").read_text("utf-8").strip())
    opened = judge_checkpoint(raw, known.name, [known.key])
    assert ["verified"] == [one.verdict for one in opened.signatures]
    assert [0] == [one.timestamp for one in opened.signatures]
    assert () == opened.missing


def test_an_ml_dsa_signature_covers_origin_size_and_root(shared: Path) -> None:
    raw = (shared / "vectors/note/mldsa-log.checkpoint").read_bytes()
    known = note.parse_vkey((shared / "vectors/note/mldsa-log.vkey").read_text("utf-8").strip())
    parsed = note.parse_note(raw)
    head = parse_head(parsed.text)
    line = parsed.lines[0]
    others = [
        Checkpoint(f"{head.origin}x", head.size, head.root),
        Checkpoint(head.origin, head.size + 1, head.root),
        Checkpoint(head.origin, head.size, merkle.EMPTY_ROOT),
    ]
    for other in others:
        text = f"{other.origin}\n{other.size}\n{canonical.base64_encode(other.root)}\n".encode()
        with pytest.raises(ArchiefError):
            note.verify_line(line, known, text)
    assert note.verify_line(line, known, parsed.text) == 0
