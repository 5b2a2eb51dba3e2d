"""One file of settings for window and command: what is in force, what is passed over, and two programs at once."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from engine import settings, settings_file
from engine.settings import VARIABLES, Origin, Settings, current, keep, options_of, origin, value_of

ROOT = Path(__file__).parents[2]


class Ink(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Options:
    """An engine's options, as the settings know them."""

    steps: int = 50
    ink: Ink = Ink.RED
    model: Path | None = None
    exact: bool = True


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    for name in [name for names in VARIABLES.values() for name in names]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(settings_file.CONFIG, str(tmp_path / "config"))
    return tmp_path / "config"


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(text, encoding="utf-8")
    return folder / "settings.json"


def test_what_is_kept_is_there_and_none_brings_the_default_back(folder):
    assert current() == Settings()
    keep({"view.theme": "light", "keys.move": ["W"], "files.recent": ["/a", "/b"]})
    assert current().view.theme == "light"
    assert value_of("keys.move") == ("W",)
    assert value_of("keys.hand") is None
    assert json.loads((folder / "settings.json").read_text())["files"] == {"recent": ["/a", "/b"]}
    keep({"view.theme": None, "keys.move": None})
    assert current().view.theme == "dark"
    assert current().keys == {}


def test_what_another_program_writes_is_seen_and_not_undone():
    keep({"view.rulers": True})
    code = "from engine.settings import keep\nkeep({'view.theme': 'light'})"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    assert current().view.theme == "light"
    keep({"view.pixel_grid": False})
    assert (current().view.rulers, current().view.theme, current().view.pixel_grid) == (True, "light", False)


def test_several_programs_at_once_lose_nothing():
    code = "import sys\nfrom engine.settings import keep\nfor i in range(15): keep({f'keys.{sys.argv[1]}{i}': ['X']})"
    started = [subprocess.Popen([sys.executable, "-c", code, name], cwd=ROOT) for name in "abc"]
    assert [child.wait() for child in started] == [0, 0, 0]
    assert set(current().keys) == {f"{name}{i}" for name in "abc" for i in range(15)}


def test_a_bad_value_falls_back_alone_and_is_named_in_the_log(folder, caplog):
    path = write(folder, '{"view": {"theme": "tartan", "rulers": true}, "files": 7, "keys": {"a": ["X"], "b": 3}}')
    with caplog.at_level(logging.WARNING):
        assert current() == Settings(view=settings.View(rulers=True), keys={"a": ("X",)})
    assert "view.theme" in caplog.text
    assert "tartan" in caplog.text
    assert "keys.b" in caplog.text
    keep({"view.theme": "light"})
    assert json.loads(path.read_text())["files"] == 7, "what was not touched is not thrown away either"


def test_what_a_later_version_wrote_stays(folder):
    path = write(folder, '{"version": 9, "hologram": {"depth": 3}, "view": {"glow": 1}}')
    keep({"view.rulers": True})
    assert json.loads(path.read_text()) == {
        "version": 9, "hologram": {"depth": 3}, "view": {"glow": 1, "rulers": True},
    }  # fmt: skip
    assert current().view.rulers


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"view": ', "\x00\x00", "", "[" * 100_000])
def test_a_damaged_file_is_set_aside_and_never_lost(folder, caplog, text):
    write(folder, text)
    assert current() == Settings()
    keep({"view.rulers": True})
    write(folder, text)
    assert current() == Settings()
    assert [(folder / f"settings.damaged-{i}.json").read_text() for i in (1, 2)] == [text, text]
    assert "set aside as settings.damaged-1.json" in caplog.text


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_keeps_settings_for_this_run(folder):
    write(folder, "{}")
    folder.chmod(0o500)
    try:
        keep({"view.rulers": True})
        assert current().view.rulers
    finally:
        folder.chmod(0o700)
    keep({"view.theme": "light"})
    assert json.loads((folder / "settings.json").read_text())["view"] == {"rulers": True, "theme": "light"}


def test_a_lock_that_is_never_given_back_keeps_settings_for_this_run(folder, monkeypatch, caplog):
    monkeypatch.setattr(settings_file, "LOCK_SECONDS", 0.1)
    path = write(folder, "{}")
    held = FileLock(folder / ".settings.json.lock")
    with held:
        keep({"view.rulers": True})
        assert current().view.rulers
        assert path.read_text() == "{}"
        assert "not kept" in caplog.text
    keep({"view.theme": "light"})
    assert json.loads(path.read_text())["view"] == {"rulers": True, "theme": "light"}


def test_a_path_in_the_way_is_no_crash(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(settings_file.CONFIG, str(tmp_path / "file" / "below"))
    keep({"view.rulers": True})
    assert current().view.rulers


def test_the_environment_goes_before_the_file_and_can_be_asked_for(monkeypatch):
    keep({"view.theme": "light", "engines.qwen.steps": 20})
    assert origin("view.theme") == Origin("file")
    assert origin("view.rulers") == Origin("default")
    monkeypatch.setenv("UNFLATTEN_THEME", "system")
    monkeypatch.setenv("UNFLATTEN_QWEN_STEPS", "7")
    assert current().view.theme == "system"
    assert value_of("view.theme") == "system"
    assert origin("view.theme") == Origin("environment", "UNFLATTEN_THEME")
    assert options_of("qwen", Options) == {"steps": 7}
    assert origin("engines.qwen.steps") == Origin("environment", "UNFLATTEN_QWEN_STEPS")
    monkeypatch.setenv("UNFLATTEN_THEME", "plaid")
    assert current().view.theme == "light", "what cannot be is passed over, and was never written into the file"
    monkeypatch.setenv("UNFLATTEN_QWEN_STEPS", "many")
    assert options_of("qwen", Options) == {"steps": 20}
    monkeypatch.setenv("UNFLATTEN_QWEN_MODEL", "/weights")
    assert value_of("engines.qwen.model") == "/weights"


def test_an_engines_options_are_typed_by_its_own_record(caplog):
    keep({f"engines.some.{k}": v for k, v in {"steps": "20", "ink": Ink.BLUE, "model": Path("/w"), "exact": 0}.items()})
    assert options_of("some", Options) == {"steps": 20, "ink": Ink.BLUE, "model": Path("/w"), "exact": False}
    keep({"engines.some.steps": "many", "engines.some.model": "", "engines.some.gone": 1})
    assert options_of("some", Options) == {"ink": Ink.BLUE, "model": None, "exact": False}
    assert "engines.some.steps" in caplog.text
    assert options_of("other", Options) == {}


@pytest.mark.parametrize("name", ["viw.theme", "view.them", "view.theme.x"])
def test_a_name_that_is_none_is_a_fault_of_the_programs(name):
    with pytest.raises(ValueError, match=r"viw|them|x"):
        keep({name: "light"})


def test_a_value_that_cannot_be_is_refused_before_it_is_written(folder):
    with pytest.raises(ValueError, match="theme"):
        keep({"view.theme": "plaid"})
    assert not (folder / "settings.json").exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
KNOWN = st.dictionaries(
    st.sampled_from(sorted(Settings.model_fields)),
    JSON | st.dictionaries(st.sampled_from(["theme", "recent", "sections", "options", "qwen", "folder"]), JSON),
)


@hypothesis.settings(deadline=None, max_examples=60, suppress_health_check=[hypothesis.HealthCheck.too_slow])
@given(KNOWN)
def test_whatever_stands_in_the_file_there_are_settings(data):
    found = settings.validated(data, ())
    assert settings.validated(found.model_dump(mode="json"), ()) == found


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_only_this_user_can_read_the_file(folder):
    keep({"view.rulers": True})
    assert (folder / "settings.json").stat().st_mode & 0o077 == 0


def test_a_linked_file_stays_a_link(folder, tmp_path):
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles" / "settings.json").write_text("{}")
    folder.mkdir()
    (folder / "settings.json").symlink_to(tmp_path / "dotfiles" / "settings.json")
    keep({"view.rulers": True})
    assert (folder / "settings.json").is_symlink()
    assert "rulers" in (tmp_path / "dotfiles" / "settings.json").read_text()


def test_every_variable_is_in_the_manual():
    manual = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([\w.]+)`? \|", manual, re.MULTILINE))
    for name, variables in VARIABLES.items():
        assert [rows[v] for v in variables] == [name] * len(variables)
    code = "".join(
        p.read_text(encoding="utf-8") for room in ("engine", "cli", "gui") for p in (ROOT / room).rglob("*.py")
    )
    for variable in set(re.findall(r'"(UNFLATTEN_[A-Z_]+)"', code)):
        assert variable in manual
