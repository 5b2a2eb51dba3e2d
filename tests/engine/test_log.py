"""A fault leaves a trace: whatever is lost anywhere in the program ends in the log, and a sentence names the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAULT = "raise ValueError('secret of the fault')"
WAYS = {
    "uncaught": f"def f():\n    {FAULT}\nf()",
    "thread": f"import threading\ndef f():\n    {FAULT}\nt = threading.Thread(target=f); t.start(); t.join()",
    "unraisable": f"class A:\n    def __del__(self):\n        {FAULT}\na = A()\ndel a",
    "callback": (
        "import asyncio\nasync def main():\n"
        "    loop = asyncio.get_running_loop(); loop.set_exception_handler(log.asyncio_fault)\n"
        f"    def f():\n        {FAULT}\n"
        "    loop.call_soon(f); await asyncio.sleep(0.01)\nasyncio.run(main())"
    ),
    "task": (
        "import asyncio, gc\nasync def main():\n"
        "    loop = asyncio.get_running_loop(); loop.set_exception_handler(log.asyncio_fault)\n"
        f"    async def f():\n        {FAULT}\n"
        "    t = loop.create_task(f()); await asyncio.sleep(0.01); del t; gc.collect()\nasyncio.run(main())"
    ),
}


def program(code: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python code as a process of its own whose log lies below `home`."""
    env = {**os.environ, "XDG_STATE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, cwd=home)


def logged(home: Path, name: str = "unflatten.log") -> str:
    return (home / "unflatten" / "log" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("way", WAYS)
def test_whatever_is_lost_is_in_the_log_with_its_traceback(way, tmp_path):
    done = program(f"from engine import log\nlog.start()\n{WAYS[way]}", tmp_path)
    text = logged(tmp_path)
    assert "secret of the fault" in text
    assert "Traceback" in text
    assert "Started: Unflatten" in text, "a report says which version it was"
    assert "Traceback" not in done.stderr


def test_a_crash_of_a_library_leaves_its_stack(tmp_path):
    program("from engine import log\nlog.start()\nimport faulthandler; faulthandler._sigsegv()", tmp_path)
    assert "Segmentation fault" in logged(tmp_path, "crashes.log")


BROKEN = (
    f"import sys, engine.doctor\ndef examine():\n    {FAULT}\nengine.doctor.examine = examine\nimport main\nmain.run()"
)


def test_the_command_says_one_sentence_that_names_the_log(tmp_path):
    done = program(BROKEN, tmp_path, "doctor")
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("unflatten: Something went wrong inside Unflatten (ValueError: secret of the fault)")
    assert lines[0].endswith(f"Details are in {tmp_path / 'unflatten' / 'log' / 'unflatten.log'}.")
    assert "Traceback" in logged(tmp_path)


@pytest.mark.parametrize("arguments", [("--debug", "doctor"), ("doctor", "--debug")])
def test_debug_prints_the_traceback_too(tmp_path, arguments):
    done = program(BROKEN, tmp_path, *arguments)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "Something went wrong inside Unflatten" in done.stderr


def test_a_log_that_cannot_be_written_costs_nothing_else(tmp_path):
    (tmp_path / "unflatten").write_text("a file where the folder should be")
    done = program(BROKEN, tmp_path, "doctor")
    assert done.returncode == 1
    assert f"No log could be written in {tmp_path / 'unflatten' / 'log'}." in done.stderr
    assert "Traceback" not in done.stderr


def test_help_and_version_leave_no_file_behind(tmp_path):
    program("import main\nmain.run()", tmp_path, "--help")
    assert not list(tmp_path.iterdir())
