"""Lines that import-linter cannot draw."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_no_file_names_a_path_of_somebodys_machine():
    pattern = re.compile(r"(?<![\w.])/(?:home|Users|work|root)/\w+")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for suffix in ("py", "md", "toml", "sh", "txt")
        for path in ROOT.rglob(f"*.{suffix}")
        if ".venv" not in path.parts and path.name != Path(__file__).name
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found
