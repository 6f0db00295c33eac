"""What others send is refused where anything in it could not be judged, or was judged and is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from archief import canonical
from archief.cli import headfile
from archief.cli.main import run
from archief.cli.session import Session
from archief.cli.trust import checking_bundles
from archief.errors import MalformedError
from archief.keys import COSIGNATURE_ED25519, ED25519, MLDSA44, Ed25519SigningKey, MlDsaSigningKey
from archief.law import roles
from archief.tlog import checkpoint, merkle, note, proof
from archief.tlog.head import Checkpoint

ORIGIN, WHERE = "archief.voorbeeld.nl/5f0c91d2", "where"
ED, MLDSA = Ed25519SigningKey(bytes(32)), MlDsaSigningKey(bytes(32))
COSIGNER = Ed25519SigningKey(b"\x01" * 32)
ENTRY = b"an entry"
HEAD = Checkpoint(ORIGIN, 1, merkle.leaf_hash(ENTRY))
SIGNED = checkpoint.cosign(checkpoint.sign_checkpoint(HEAD, [ED, MLDSA]), "rekenkamer", COSIGNER, 1_610_000_000)
KEYS = {
    "ed": note.verifier(ORIGIN, ED25519, ED.public.public),
    "mldsa": note.verifier(ORIGIN, MLDSA44, MLDSA.public.public),
    "cosigner": note.verifier("rekenkamer", COSIGNATURE_ED25519, COSIGNER.public.public),
}


def spoiled(key: str) -> bytes:
    """The head with a wrong signature of one key."""
    lines = [
        line if line.key_id != KEYS[key].key_id else note.SignatureLine(line.name, line.key_id, line.signature[::-1])
        for line in note.parse_note(SIGNED).lines
    ]
    return note.format_note(note.parse_note(SIGNED).text, lines)


def checked(folder: Path, head: bytes, *keys: str) -> int:
    """The exit code of a check with these keys."""
    (folder / "one.tlog-proof").write_bytes(proof.format_proof(proof.LogProof(0, (), head)))
    (folder / "one.entry").write_bytes(ENTRY)
    given = [word for key in keys for word in ("--vkey", KEYS[key].vkey)]
    return run(["check", "proof", str(folder / "one.tlog-proof"), *given], Session({"HOME": str(folder)}))


def test_all_keys_of_the_log_are_enough(tmp_path: Path) -> None:
    assert [0, 0] == [checked(tmp_path, SIGNED, "ed", "mldsa", *more) for more in ([], ["cosigner"])]


@pytest.mark.parametrize("given", ["ed", "mldsa"])
@pytest.mark.parametrize("wrong", [None, "ed", "mldsa"])
def test_with_one_of_its_keys_the_other_signature_is_not_passed_over(
    tmp_path: Path, given: str, wrong: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 != checked(tmp_path, spoiled(wrong) if wrong else SIGNED, given)
    assert "signature" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["ed", "mldsa", "cosigner"])
def test_a_wrong_signature_of_a_key_that_was_given_is_refused(
    tmp_path: Path, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 != checked(tmp_path, spoiled(wrong), "ed", "mldsa", "cosigner")
    assert "signature" in capsys.readouterr().err


def test_a_cosigners_key_under_the_logs_name_is_not_the_logs() -> None:
    posing = note.verifier(ORIGIN, COSIGNATURE_ED25519, ED.public.public)
    with pytest.raises(MalformedError, match="under the log's name"):
        headfile.log_keys([posing], ORIGIN)


@pytest.mark.parametrize("root", ["", "00", "0" * 62, "A" * 64, "0" * 66])
def test_a_proof_between_equal_sizes_with_roots_that_are_none_is_refused(root: str) -> None:
    end = f'{{"root":"{root}","size":8}}'
    written = f'{{"form":"archief/consistency/v1","new":{end},"old":{end},"origin":"{ORIGIN}","proof":[]}}'
    with pytest.raises(MalformedError, match="32 bytes"):
        headfile.consistency(written.encode(), WHERE)


def test_a_bundle_that_lets_others_append_than_this_program_does_is_told_of() -> None:
    told = {
        "letter_signed": ["auditor"],
        "letter_filed": list(roles.roles_for("letter_filed")),
        "own_type": ["auditor"],
    }
    assert ["letter_signed", "own_type"] == checking_bundles._differing(canonical.encode(told))
