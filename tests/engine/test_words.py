"""Every sentence stands in a table, is used, and gets the values that it names."""

from __future__ import annotations

import ast
import pickle
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import InputError, UnflattenError
from engine.words import SENTENCES, note, said

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "export", "cli", "gui", "service")
MAKERS = frozenset({"note", "said"})
SENTENCE = re.compile(r"^[A-Z“{].*\s.*\s.*[.!?]$", re.DOTALL)
"""What reads as a sentence: a capital, some words, a full stop."""


def files() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "words" not in path.relative_to(ROOT).parts[:-1]:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def errors() -> set[str]:
    import engine.errors

    kinds = vars(engine.errors).values()
    return {k.__name__ for k in kinds if isinstance(k, type) and issubclass(k, UnflattenError)}


def called(node: ast.Call) -> str:
    """The function's own name; of methods only what makes an error (`InputError.of`) could count, and takes no id."""
    return getattr(node.func, "id", "")


def ids_in(node: ast.expr) -> list[str]:
    """The ids that an expression can be: a constant, or a choice between constants."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return [*ids_in(node.body), *ids_in(node.orelse)] if isinstance(node, ast.IfExp) else []


def fields_of(sentence: str) -> set[str]:
    return {field.partition(".")[0] for _, field, _, _ in string.Formatter().parse(sentence) if field}


def test_each_message_is_in_a_table_and_gets_its_values():
    wrong = []
    for path, tree in files():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or called(node) not in MAKERS | errors() or not node.args:
                continue
            for found in ids_in(node.args[0]):
                where = f"{path.relative_to(ROOT)}:{node.lineno} {found[:50]}"
                given = {k.arg for k in node.keywords}
                if found not in SENTENCES:
                    wrong.append(f"{where}: in no table")
                elif None not in given and given != fields_of(SENTENCES[found]):
                    wrong.append(f"{where}: {given} given, {fields_of(SENTENCES[found])} wanted")
            if isinstance(node.args[0], ast.JoinedStr):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} words made in place")
    assert not wrong, "\n".join(wrong)


def test_no_sentence_is_written_into_code():
    found = []
    for path, tree in files():
        documented = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                text = node.value
            else:
                continue
            if SENTENCE.match(text):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {text[:70]}")
    assert not found, "\n".join(found)


def test_each_sentence_is_used():
    used = {
        node.value
        for _, tree in files()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not sorted(set(SENTENCES) - used)


def test_words_are_made_where_they_are_shown():
    error = InputError("general.unforeseen", what="ValueError: no", file="a.log")
    assert error.message == note("general.unforeseen", file="a.log", what="ValueError: no")
    assert str(error) == said("general.unforeseen", what="ValueError: no", file="a.log")
    assert "ValueError: no" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.message) == (InputError, error.message)


def test_an_unknown_id_is_found_at_once():
    with pytest.raises(KeyError):
        said("general.no-such-sentence")
