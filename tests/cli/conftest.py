"""The command in this process, so that the model's process can be one with tiny weights."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    """Nothing of the user's own: no models, settings, records or environment."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("UNFLATTEN_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("UNFLATTEN_MODELS", str(tmp_path / "models"))
    for name in ("HF_ENDPOINT", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run():
    """Run the command with arguments; gives what it printed and its exit code."""
    import main

    return lambda *arguments: CliRunner().invoke(main.app, [str(a) for a in arguments], prog_name="unflatten")


@pytest.fixture
def card(tmp_path) -> Path:
    image = Image.new("RGB", (90, 60), (250, 244, 230))
    ImageDraw.Draw(image).ellipse((20, 10, 60, 50), fill=(214, 40, 57))
    image.save(tmp_path / "card.png")
    return tmp_path / "card.png"


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    command = [sys.executable, "-W", "ignore", "-m", "tests.engine.qwen.tiny", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return folder
