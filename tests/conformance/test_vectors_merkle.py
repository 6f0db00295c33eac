"""RFC 6962 inclusion and consistency, judged by transparency-dev/merkle's vectors."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from archief.errors import ProofError
from archief.tlog import merkle


def cases(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    found = [(str(path.relative_to(folder)), json.loads(path.read_text("utf-8"))) for path in folder.rglob("*.json")]
    assert len(found) == 98, "the set of vectors is not whole"
    return sorted(found, key=lambda case: case[0])


def hashes(encoded: list[str] | None) -> list[bytes]:
    return [base64.b64decode(one) for one in encoded or []]


def test_every_inclusion_case_comes_out_as_it_should(shared: Path) -> None:
    for name, case in cases(shared / "vectors/merkle/inclusion"):
        arguments = (
            base64.b64decode(case["leafHash"] or ""),
            case["leafIdx"],
            case["treeSize"],
            hashes(case["proof"]),
            base64.b64decode(case["root"] or ""),
            name,
        )
        if case["wantErr"]:
            with pytest.raises(ProofError):
                merkle.verify_inclusion(*arguments)
        else:
            merkle.verify_inclusion(*arguments)


def test_every_consistency_case_comes_out_as_it_should(shared: Path) -> None:
    for name, case in cases(shared / "vectors/merkle/consistency"):
        old_root, new_root = (base64.b64decode(case[root] or "") for root in ("root1", "root2"))
        arguments = (case["size1"], case["size2"], old_root, new_root, hashes(case["proof"]), name)
        if case["wantErr"]:
            with pytest.raises(ProofError):
                merkle.verify_consistency(*arguments)
        else:
            merkle.verify_consistency(*arguments)
