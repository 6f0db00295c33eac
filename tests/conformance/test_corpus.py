"""The shared corpus of letters: every field right, by the corpus's own comparison."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from archief.events.letters import LetterReceivedData
from archief.intake import reading

HERE = Path(__file__).resolve().parents[3] / "shared" / "corpus"
WITHOUT_BLANK_LINES = (".default.txt", ".raw.txt", ".pypdf.txt")
"""Extractions whose paragraphs cannot be told: the count holds for the PDF and its layout only."""


def _cases() -> list[str]:
    found = []
    for truth in sorted(HERE.glob("*/*.expected.json")):
        stem = truth.name.removesuffix(".expected.json")
        files = {path for pattern in (f"{stem}.*", f"{stem}_*") for path in truth.parent.glob(pattern)} - {truth}
        found += [str(path.relative_to(HERE)) for path in sorted(files)]
    return found or ["absent"]


@pytest.fixture(scope="module")
def compare(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus_compare", shared / "corpus" / "compare.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", _cases())
def test_a_file_is_read_as_the_corpus_says(case: str, shared: Path, compare: ModuleType) -> None:
    path = shared / "corpus" / case
    truth = json.loads((path.parent / f"{path.name[:3]}.expected.json").read_text(encoding="utf-8"))
    data = reading.read(path.name, path.read_bytes()).data
    told: dict[str, Any] = {**data, "body_paragraphs_count": len(data.get("body", [])) or None}
    if path.name.endswith(WITHOUT_BLANK_LINES):
        truth["body_paragraphs_count"] = None
    assert [] == compare.compare(truth, told)
    body = " ".join(data.get("body", []))
    if truth["doc_type"] != "rondebriefje":
        assert [] == [part for part in truth.get("_body_contains", []) if part not in body]
        assert [] == [part for part in truth.get("_body_excludes", []) if part in body]
    assert isinstance(msgspec.convert(data, LetterReceivedData), LetterReceivedData)
