"""What `unflatten doctor` says of this computer, apart from models."""

from __future__ import annotations

import importlib.metadata

import pytest

from engine import doctor, log


@pytest.fixture
def logging_here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    log.start()
    return tmp_path


def test_a_missing_reader_is_named_with_what_it_costs_and_how_to_get_it(monkeypatch):
    version = importlib.metadata.version

    def without_heif(name: str) -> str:
        if name == "pi-heif":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_heif)
    said = doctor.report(doctor.examine())
    assert "! Libraries" in said
    assert "pi-heif is not installed: HEIC and HEIF pictures cannot be opened. `pip install pi-heif`" in said


def test_it_says_where_the_log_is(logging_here):
    assert str(logging_here / "unflatten" / "log" / "unflatten.log") in doctor.report(doctor.examine())


def test_a_report_has_versions_hardware_and_the_fault_and_no_home_folder(logging_here, monkeypatch):
    monkeypatch.setenv("HOME", str(logging_here))
    try:
        raise ValueError(f"broken in {logging_here}/client.png")
    except ValueError as error:
        log.unforeseen(error, "a test")
    text = doctor.for_a_report()
    assert text.startswith("Unflatten 0.1.0, Python 3")
    assert "cores" in text
    assert "PySide6-Essentials" in text
    assert "ValueError: broken in ~/client.png" in text
    assert str(logging_here) not in text
