"""Dialogs are opened and awaited; nothing runs a loop inside the loop."""

from __future__ import annotations

import ast
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from gui.dialogs import asking
from gui.tasks import Tasks
from tests.gui.answers import answer, choose_file, shown

ROOT = Path(__file__).parents[3]
NESTING = frozenset(
    {"exec", "exec_", "getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory", "question",
     "warning", "critical", "information", "getText", "getItem", "getInt", "getDouble", "getColor", "getFont"}
)  # fmt: skip
"""What of Qt runs a loop of its own until a person has answered."""
ALLOWED = {("gui/app.py", "app"), ("gui/layers/view.py", "drag")}
"""The loop itself; and a drag to other programs, which Qt has in no other form."""
QT = ("app", "drag", "dialog", "box", "menu", "self", "QFileDialog", "QMessageBox", "QInputDialog", "QColorDialog")


def test_nothing_in_the_window_runs_a_loop_of_its_own():
    found = set()
    for path in sorted((ROOT / "gui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in NESTING:
                owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
                if owner in QT:
                    found.add((path.relative_to(ROOT).as_posix(), owner))
    assert found <= ALLOWED


def run(coroutine, qtbot, act) -> object:
    """What the question gives when `act` has answered it."""
    given = []

    async def flow() -> None:
        given.append(await coroutine)

    tasks = Tasks()
    tasks.start(flow(), "question")
    act()
    qtbot.waitUntil(lambda: bool(given) and not tasks)
    return given[0]


def test_a_question_gives_the_button_and_leaves_no_dialog(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    for button, given in (("Export…", "Export…"), ("Go on without", "Go on without"), ("Cancel", "")):
        question = asking.choice(window, "Go?", "It is lost.", "Export…", "Go on without")
        assert run(question, qtbot, lambda button=button: answer(window, qtbot, button)) == given
    qtbot.waitUntil(lambda: not window.findChildren(QDialog))


def test_a_name_without_a_suffix_gets_one(qtbot, tmp_path):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    question = asking.file_to_write(window, "Export", tmp_path / "a.png", "PNG (*.png)", "png")
    assert run(question, qtbot, lambda: choose_file(window, qtbot, tmp_path / "b")) == tmp_path / "b.png"
    question = asking.folder(window, "Folder", str(tmp_path))
    assert run(question, qtbot, lambda: shown(window, qtbot, QFileDialog).reject()) is None
