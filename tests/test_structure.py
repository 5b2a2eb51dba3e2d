"""What import-linter cannot draw: no circle at any level, no file too long, no path of somebody's machine."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("cli", "engine", "export", "gui", "service")


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name; a folder is its __init__."""
    found = {"main": ROOT / "main.py"}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(module: str, path: Path, known: dict[str, Path]) -> set[str]:
    """What a module imports of ours anywhere in it: at the top, in a function, under TYPE_CHECKING."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    # `from a import b` names both; where b is a module, a is only the way to it.
    named -= {n.rpartition(".")[0] for n in named if n in known}
    return {name for name in named if name in known and name != module}


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Tarjan's strongly connected components of more than one module."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in arrows[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            ring = [stack.pop()]
            while ring[-1] != name:
                ring.append(stack.pop())
            if len(ring) > 1:
                found.append(sorted(ring))

    for name in arrows:
        if name not in index:
            visit(name)
    return sorted(found)


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_no_module_is_in_a_circle():
    known = modules()
    found = circles({name: imports(name, path, known) for name, path in known.items()})
    assert not found, "\n".join(" <-> ".join(ring) for ring in found)


def test_no_folder_of_a_room_is_in_a_circle():
    """A folder that needs another, which needs the first, is one folder in two places."""
    known = modules()
    arrows: dict[str, set[str]] = {}
    for name, path in known.items():
        folder = folder_of(name)
        arrows.setdefault(folder, set())
        for other in imports(name, path, known):
            if (target := folder_of(other)) != folder:
                arrows[folder].add(target)
                arrows.setdefault(target, set())
    found = circles(arrows)
    assert not found, "\n".join(" <-> ".join(ring) for ring in found)


def folder_of(module: str) -> str:
    """The room and the folder in it: engine.qwen.child.job -> engine.qwen; a file right in a room is its own."""
    return ".".join(module.split(".")[:2])


def test_no_file_names_a_path_of_somebodys_machine():
    pattern = re.compile(r"(?<![\w.])/(?:home|Users|work|root)/\w+")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for suffix in ("py", "md", "toml", "sh", "txt", "yml", "yaml")
        for path in ROOT.rglob(f"*.{suffix}")
        if ".venv" not in path.parts and "node_modules" not in path.parts and path.name != Path(__file__).name
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found
