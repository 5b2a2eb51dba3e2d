"""Print the manual's table of keys, from the one action table: python tools/keys_table.py"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from gui.actions.shortcuts import rows


def table() -> str:
    lines, last = ["| where | what | keys |", "|---|---|---|"], ""
    for where, text, keys in rows():
        lines.append(f"| {where if where != last else ''} | {text} | {keys.replace('|', chr(92) + '|')} |")
        last = where
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
