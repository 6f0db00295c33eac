"""golang.org/x/mod, which the Go module system trusts, accepts our heads and proofs and makes the same ones."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archief.errors import NotFoundError
from archief.keys import ED25519, Ed25519SigningKey, MlDsaSigningKey, SigningKey
from archief.tlog import merkle, note, tiles
from archief.tlog.checkpoint import Checkpoint, cosign, sign_checkpoint

pytestmark = pytest.mark.go

PACKAGES = Path("/usr/share/gocode")  # where Debian's golang-*-dev packages put their sources
ORIGIN = "archief.example/5f0c91d2"
LOG: list[SigningKey] = [Ed25519SigningKey(bytes(32)), MlDsaSigningKey(bytes(32))]
WITNESS = Ed25519SigningKey(bytes([7]) * 32)
ENTRIES = [b'{"seq":%d}' % number for number in range(700)]
LEAVES = merkle.leaf_hashes(ENTRIES)
SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100, 255, 256, 257, 300, 511, 512, 700]


@pytest.fixture(scope="module")
def judge(
    requires: Callable[[str, bool, str], None], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The built program: JSON in, JSON out."""
    go = shutil.which("go")
    requires("go", go is not None, "golang-go is not installed")
    present = (PACKAGES / "src/golang.org/x/mod/sumdb/note").is_dir()
    requires("go", present, "golang-golang-x-mod-dev is not installed")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        "PATH": str(Path(str(go)).parent) + ":/usr/bin:/bin",
        "HOME": str(folder),
        "GOCACHE": str(folder / "cache"),
        "GO111MODULE": "off",
        "GOPATH": str(PACKAGES),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    source = Path(__file__).parent / "go" / "main.go"
    program = folder / "judge"
    subprocess.run([str(go), "build", "-o", str(program), str(source)], env=environment, check=True, timeout=300)

    def run(question: dict[str, Any]) -> dict[str, Any]:
        ended = subprocess.run(
            [program], check=False, input=json.dumps(question).encode(), capture_output=True, timeout=60
        )
        assert (0, b"") == (ended.returncode, ended.stderr)
        answer: dict[str, Any] = json.loads(ended.stdout)
        return answer

    return run


@pytest.fixture(scope="module")
def reader() -> Callable[[int], merkle.HashReader]:
    """Our own tiles, written as the log grew from size to size."""
    files: dict[str, bytes] = {}

    def read(path: str) -> bytes:
        if path not in files:
            raise NotFoundError("no such tile", where=path)
        return files[path]

    before = 0
    for size in SIZES:
        files |= dict(tiles.new_tiles(before, LEAVES[before:size], read))
        before = size
    return lambda size: tiles.tile_reader(size, read)


def question(**items: list[dict[str, Any]]) -> dict[str, Any]:
    vkey = note.verifier(ORIGIN, ED25519, LOG[0].public.public).vkey
    return {"vkey": vkey, "entries": [encode(entry) for entry in ENTRIES], **items}


def encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def proofs(hashes: list[bytes]) -> list[str]:
    return [encode(one) for one in hashes]


def test_go_opens_our_checkpoints_and_refuses_changed_ones(judge: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    items = []
    for size in SIZES:
        root = merkle.root(LEAVES[:size])
        raw = cosign(sign_checkpoint(Checkpoint(ORIGIN, size, root), LOG), "witness.example", WITNESS, 5)
        changed = raw.replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1), 1)
        items += [
            {"note": encode(raw), "size": size, "root": encode(root), "want": True},
            {"note": encode(changed), "size": size + 1, "root": encode(root), "want": False},
        ]
    answer = judge(question(checkpoints=items))
    assert [] == answer["Findings"]
    assert len(SIZES) == answer["Checkpoints"]


def test_go_makes_and_accepts_the_same_inclusion_proofs(
    judge: Callable[[dict[str, Any]], dict[str, Any]], reader: Callable[[int], merkle.HashReader]
) -> None:
    items: list[dict[str, Any]] = []
    for size in SIZES:
        for index in sorted({0, size // 3, size // 2, size - 1}):
            proof = merkle.inclusion_proof(index, size, reader(size))
            items.append({"size": size, "index": index, "proof": proofs(proof), "want": True})
            longer = [*proof, bytes(32)]
            items.append({"size": size, "index": index, "proof": proofs(longer), "want": False})
    answer = judge(question(records=items))
    assert [] == answer["Findings"]
    assert len(items) // 2 == answer["Records"]


def test_go_makes_and_accepts_the_same_consistency_proofs(
    judge: Callable[[dict[str, Any]], dict[str, Any]], reader: Callable[[int], merkle.HashReader]
) -> None:
    items: list[dict[str, Any]] = []
    for new in SIZES:
        for old in (size for size in SIZES if size <= new):
            proof = merkle.consistency_proof(old, new, reader(new))
            items.append({"old": old, "new": new, "proof": proofs(proof), "want": True})
            altered = [*proof[:-1], bytes(32)]
            items.append({"old": old, "new": new, "proof": proofs(altered), "want": False})
    answer = judge(question(trees=items))
    assert [] == answer["Findings"]
    assert len(items) // 2 == answer["Trees"]
