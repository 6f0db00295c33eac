"""Exit codes are an API: one class, one word, one number, and the tree at the top of errors.py shows them all."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from archief import errors
from archief.errors import ArchiefError

CLASSES = sorted(
    (thing for _, thing in inspect.getmembers(errors, inspect.isclass) if issubclass(thing, ArchiefError)),
    key=lambda each: each.exit_code,
)
SHOWN = [each for each in CLASSES if each is not ArchiefError]
TREE = re.findall(r"^    [ │├└─]*── (\w+) +(\d+)  (\S.*)$", errors.__doc__ or "", re.MULTILINE)


def test_each_error_has_its_own_exit_code() -> None:
    codes = [each.exit_code for each in CLASSES]
    assert sorted(set(codes)) == codes


def test_each_error_has_its_own_word() -> None:
    words = [each.code for each in CLASSES]
    assert sorted(set(words)) == sorted(words)


def test_an_exit_code_fits_the_shell_and_leaves_the_reserved_ones_alone() -> None:
    assert [] == [each for each in SHOWN if not (each.exit_code in {2, 3, 130} or 10 <= each.exit_code <= 125)]


def test_the_tree_shows_every_error_with_its_exit_code() -> None:
    assert {each.__name__: str(each.exit_code) for each in SHOWN} == {name: code for name, code, _ in TREE}
    assert len(SHOWN) == len(TREE)


@pytest.mark.parametrize("error", SHOWN, ids=lambda each: each.code)
def test_an_error_says_what_it_is_in_one_sentence(error: type[ArchiefError]) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", error.code)
    assert error.__doc__
    assert error.__doc__ != ArchiefError.__doc__


@pytest.mark.parametrize("error", SHOWN, ids=lambda each: each.code)
def test_an_error_crosses_a_process_whole(error: type[ArchiefError]) -> None:
    copy = pickle.loads(pickle.dumps(error("broken", where="log/0.jsonl:3", remedy="run archief verify")))
    assert type(copy) is error
    assert ("broken", "log/0.jsonl:3", "run archief verify") == (copy.what, copy.where, copy.remedy)
    assert "log/0.jsonl:3: broken" == str(copy)
