"""One record is all that an engine needs: command, bar, form and doctor know it from there."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cli import decompose
from engine import doctor
from engine.decomposer import Decomposer, Outlook, Report, Request, WorkingLayer, WorkingStack
from engine.engines import ENGINES, Engine, choose, close_all, with_settings
from engine.errors import EngineUnavailable, InputError
from engine.options import Options, setting, settings_of
from engine.words import Message, note


@dataclass(frozen=True, slots=True)
class MosaicOptions(Options):
    tiles: int = setting(4, "Tiles", tip="qwen.tip-steps", flag="qwen.flag-steps", low=2, high=9)
    sharp: bool = setting(False, "Sharp")


class Mosaic:
    """An engine that nobody else knows."""

    id, title = "mosaic", "Mosaic"
    lacks: Message | None = None

    def missing(self, _options: object | None = None, /) -> Message | None:
        return Mosaic.lacks

    def unwise(self, _options: object | None = None, /) -> Message | None:
        return None

    def run(self, request: Request, _report: Report, _cancelled: Event) -> WorkingStack:
        high, wide = request.image.shape[:2]
        return WorkingStack(wide, high, (WorkingLayer(request.image, name="All"),))


def make() -> Decomposer:
    return Mosaic()


@pytest.fixture
def closed() -> list[str]:
    return []


@pytest.fixture
def mosaic(monkeypatch: pytest.MonkeyPatch, closed: list[str]) -> Engine:
    record = Engine(
        "mosaic",
        "Mosaic",
        "Made up",
        make,
        options=lambda: MosaicOptions,
        layers=range(2, 5),
        close=lambda: closed.append("mosaic"),
    )
    monkeypatch.setattr(Mosaic, "lacks", None)
    monkeypatch.setitem(ENGINES, "mosaic", record)
    return record


def test_every_record_makes_the_engine_that_it_names() -> None:
    for engine_id, record in ENGINES.items():
        made = record.make()
        assert (engine_id, record.title) == (made.id, made.title)
        if record.options is not None:
            assert settings_of(record.options())


def test_the_command_offers_it_and_has_flags_for_its_settings(mosaic: Engine) -> None:
    app = typer.Typer()
    app.command()(decompose.command())
    said = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    assert "auto|builtin|qwen|mosaic" in said
    assert "--tiles" in said
    assert "--sharp" not in said, "a setting without a flag has none"


def test_doctor_speaks_of_it(mosaic: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ("Mosaic", "It can run here.") in [(f.topic, f.text) for f in doctor.examine()]
    monkeypatch.setattr(Mosaic, "lacks", note("general.out-of-memory"))
    assert any(f.topic == "Mosaic" and f.mark == doctor.WARNING for f in doctor.examine())


def test_it_is_chosen_run_and_closed(mosaic: Engine, closed: list[str]) -> None:
    close_all()
    assert not closed, "what was never made has nothing to close"
    assert choose("auto").record is mosaic, "the last of the table gives most"
    assert with_settings("auto") is mosaic
    close_all()
    assert closed == ["mosaic"]
    stack = choose("mosaic").engine.run(Request(np.zeros((4, 6, 4), np.uint8)), lambda _p: None, Event())
    assert stack.layers[0].name == "All"


def test_what_cannot_run_says_so(mosaic: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mosaic, "lacks", note("general.out-of-memory"))
    with pytest.raises(EngineUnavailable, match="out of memory"):
        choose("mosaic")
    assert choose("auto").record is not mosaic
    with pytest.raises(InputError, match="no engine called magic; choose auto, builtin or qwen or mosaic"):
        choose("magic")


def test_an_outlook_is_good_unless_it_warns() -> None:
    assert Outlook(note("engines.ready")).good
