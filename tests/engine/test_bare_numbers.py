"""In the rooms that work on pixels no function holds a bare number: what decides something has a name, a unit and a
word on where it comes from, at the top of its file. 0, 1, 2 and -1 are no numbers in this sense."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    *sorted((ROOT / "engine" / "builtin").glob("*.py")),
    *sorted((ROOT / "engine" / "lifting").glob("*.py")),
    *sorted((ROOT / "engine" / "text").glob("*.py")),
    *(ROOT / "engine" / "imaging" / f"{name}.py" for name in ("arrays", "fills", "patches")),
    ROOT / "engine" / "pipeline.py",
    ROOT / "engine" / "variants.py",
)
PLAIN = frozenset({0, 1, 2, -1})


def constants(path: Path) -> Iterator[ast.Constant]:
    """The numbers inside functions, each once."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    found = {id(node): node for function in functions for node in ast.walk(function) if isinstance(node, ast.Constant)}
    yield from (node for node in found.values() if type(node.value) in (int, float) and node.value not in PLAIN)


def test_no_function_holds_a_bare_number() -> None:
    found = [f"{path.relative_to(ROOT)}:{node.lineno} {node.value!r}" for path in ROOMS for node in constants(path)]
    assert not found, "\n".join(found)


def test_each_named_number_is_used() -> None:
    files = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "engine").rglob("*.py"))}
    nodes = [node for text in files.values() for node in ast.walk(ast.parse(text))]
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    read |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    unread = [
        f"{path.relative_to(ROOT)} {name.id}"
        for path in ROOMS
        for statement in ast.parse(files[path]).body
        if isinstance(statement, ast.Assign)
        for name in ast.walk(statement)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store) and name.id.isupper() and name.id not in read
    ]
    assert not unread, "\n".join(unread)
