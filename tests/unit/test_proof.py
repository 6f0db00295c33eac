"""Proof files: read strictly, verified whole."""

from __future__ import annotations

import pytest

from archief.errors import ArchiefError, MalformedError, ProofError, SignatureError
from archief.keys import Ed25519SigningKey, MlDsaSigningKey, SigningKey
from archief.tlog import merkle
from archief.tlog.checkpoint import Checkpoint, sign_checkpoint
from archief.tlog.proof import LogProof, format_proof, parse_proof, verify_proof

ORIGIN = "archief.example/5f0c91d2"
LOG: list[SigningKey] = [Ed25519SigningKey(bytes(32)), MlDsaSigningKey(bytes(32))]
PUBLIC = [key.public for key in LOG]
LEAVES = [merkle.leaf_hash(b"%d" % number) for number in range(11)]


def proof_of(index: int, size: int, extra: bytes | None = None) -> LogProof:
    leaves = LEAVES[:size]
    hashes = merkle.inclusion_proof(
        index, size, lambda wanted: [merkle.root(leaves[at << level : (at + 1) << level]) for level, at in wanted]
    )
    head = sign_checkpoint(Checkpoint(ORIGIN, size, merkle.root(leaves)), LOG)
    return LogProof(index, tuple(hashes), head, extra)


def test_a_proof_reads_back_as_it_was_written_and_verifies() -> None:
    for index, size in ((0, 1), (0, 11), (10, 11), (6, 9)):
        for extra in (None, b"", b"more"):
            proof = proof_of(index, size, extra)
            parsed = parse_proof(format_proof(proof))
            assert proof == parsed
            assert size == verify_proof(parsed, LEAVES[index], ORIGIN, PUBLIC).head.size


def test_the_file_has_the_lines_the_specification_names() -> None:
    lines = format_proof(proof_of(6, 9, b"x")).decode().split("\n")
    assert ["c2sp.org/tlog-proof@v1", "extra eA==", "index 6"] == lines[:3]
    assert ["", ORIGIN, "9"] == lines[7:10]


def test_another_leaf_is_refused() -> None:
    with pytest.raises(ProofError):
        verify_proof(proof_of(6, 9), LEAVES[5], ORIGIN, PUBLIC)


def test_a_head_without_the_logs_signatures_is_refused() -> None:
    proof = proof_of(6, 9)
    unsigned = proof.checkpoint.split(b"\n\n")[0] + b"\n\n\xe2\x80\x94 x AAAAAAA=\n"
    with pytest.raises(SignatureError):
        verify_proof(LogProof(6, proof.hashes, unsigned), LEAVES[6], ORIGIN, PUBLIC)


def test_every_changed_byte_is_refused() -> None:
    raw = format_proof(proof_of(6, 9))
    end_of_first_signature = raw.index(b"=\n\xe2\x80\x94", raw.index(b"\n\n") + 60) + 1
    for place in range(end_of_first_signature + 40):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(ArchiefError):
            verify_proof(parse_proof(changed), LEAVES[6], ORIGIN, PUBLIC)


def test_every_cut_is_refused() -> None:
    raw = format_proof(proof_of(6, 9))
    for cut in (*range(700), len(raw) - 1):
        with pytest.raises(ArchiefError):
            verify_proof(parse_proof(raw[:cut]), LEAVES[6], ORIGIN, PUBLIC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 6", "index 06"),
        ("index 6", "index +6"),
        ("index 6", "index  6"),
        ("index 6", "Index 6"),
        ("index 6", "index 9223372036854775808"),
        ("index 6", "index 6\nextra eA=="),
        ("index 6", "extra eA==\nextra eA==\nindex 6"),
        ("index 6", "extra eA\nindex 6"),
        ("index 6", "extra\nindex 6"),
        ("index 6", "index 6\nAAAA"),
        ("index 6", "index 6\r"),
        ("index 6\n", ""),
        ("index 6", "index 6" + ("\n" + "A" * 43 + "=") * 64),
        ("index 6", "index ٦"),
    ],
)
def test_a_file_of_any_other_form_is_refused(old: str, new: str) -> None:
    raw = format_proof(proof_of(6, 9)).decode()
    assert old in raw
    with pytest.raises(MalformedError):
        parse_proof(raw.replace(old, new, 1).encode())


def test_a_file_that_is_too_long_is_refused() -> None:
    with pytest.raises(MalformedError, match="longer"):
        parse_proof(bytes(2_000_000))


def test_a_proof_that_cannot_be_read_is_not_written() -> None:
    proof = proof_of(0, 1)
    for wrong in (LogProof(-1, (), proof.checkpoint), LogProof(0, (b"short",), proof.checkpoint), LogProof(0, (), b"")):
        with pytest.raises(MalformedError):
            format_proof(wrong)
