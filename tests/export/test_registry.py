"""The table of formats, and what every format must do."""

import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from engine.document import Document
from engine.errors import Cancelled, InputError, OutputError
from export.registry import FORMATS, ExportOptions, export, format_for

from .documents import plain_document


def target_of(format_id: str, folder: Path) -> Path:
    suffixes = FORMATS[format_id].suffixes
    return folder / f"out{suffixes[0] if suffixes else ''}"


@pytest.mark.parametrize("format_id", FORMATS)
def test_progress_rises_to_the_end_and_the_paths_exist(tmp_path: Path, format_id: str) -> None:
    seen: list[float] = []
    paths = export(plain_document(), target_of(format_id, tmp_path), format_id, report=seen.append)
    assert paths
    assert all(p.exists() for p in paths)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert len(set(seen)) > 3


@pytest.mark.parametrize("format_id", FORMATS)
@pytest.mark.parametrize("after", [0.0, 0.3, 0.7])
def test_cancelling_leaves_nothing(tmp_path: Path, format_id: str, after: float) -> None:
    cancelled = Event()
    with pytest.raises(Cancelled):
        export(
            plain_document(),
            target_of(format_id, tmp_path),
            format_id,
            report=lambda fraction: cancelled.set() if fraction >= after else None,
            cancelled=cancelled,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_id", FORMATS)
def test_nothing_is_overwritten_unasked(tmp_path: Path, format_id: str) -> None:
    target = target_of(format_id, tmp_path)
    export(plain_document(), target, format_id)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    with pytest.raises(OutputError, match="allow overwriting"):
        export(plain_document(), target, format_id)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
    export(plain_document(), target, format_id, ExportOptions(overwrite=True))


@pytest.mark.parametrize("format_id", FORMATS)
def test_a_document_without_layers_is_refused(tmp_path: Path, format_id: str) -> None:
    with pytest.raises(OutputError, match="no layers"):
        export(Document(8, 8), target_of(format_id, tmp_path), format_id)
    assert list(tmp_path.iterdir()) == []


def test_formats_by_suffix() -> None:
    assert format_for(Path("a.PSB")).id == "psd"
    assert format_for(Path("folder")).id == "png"
    with pytest.raises(InputError, match="xyz"):
        format_for(Path("a.xyz"))
    with pytest.raises(InputError, match="no format called"):
        export(plain_document(), Path("a"), "nope")


def test_the_table_is_light() -> None:
    code = (
        "import sys, export.registry;"
        "print([m for m in ('numpy', 'cv2', 'PIL', 'isal', 'pptx', 'psd_tools') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
