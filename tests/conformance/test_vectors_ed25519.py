"""Ed25519 verification, judged by C2SP/wycheproof's vectors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archief.errors import SignatureError
from archief.keys import ED25519, PublicKey, verify


def test_every_wycheproof_case_comes_out_as_it_should(shared: Path) -> None:
    suite = json.loads((shared / "vectors/ed25519/ed25519_test.json").read_text("utf-8"))
    judged = 0
    for group in suite["testGroups"]:
        key = PublicKey.checked(ED25519, bytes.fromhex(group["publicKey"]["pk"]))
        for case in group["tests"]:
            message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            judged += 1
            if case["result"] == "valid":
                verify(key, message, signature)
            else:
                with pytest.raises(SignatureError):
                    verify(key, message, signature)
    assert suite["numberOfTests"] == judged
