"""The table of formats, and what every format must do."""

import subprocess
import sys
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from engine.document import Adjustment, Document, Invert
from engine.errors import Cancelled, InputError, OutputError
from engine.imaging.compositing import composite
from engine.opening.layered import open_layered
from export.registry import FORMATS, ExportOptions, export, format_for, notes
from export.unwritten import unwritten
from tests.nodes import DOCUMENTS, only_layers, with_everything

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


ALL = with_everything(plain_document())


@pytest.mark.parametrize("format_id", FORMATS)
def test_nodes_that_are_not_written_yet_leave_the_rest_of_the_file_as_it_is(format_id: str, tmp_path: Path) -> None:
    suffix = (FORMATS[format_id].suffixes or ("",))[0]
    named = ((ALL, "all"), (only_layers(ALL), "bare"))
    whole, plain = (export(d, tmp_path / f"{name}{suffix}", format_id) for d, name in named)
    assert len(whole) == len(plain)
    if suffix in (".psd", ".ora"):
        first, second = (open_layered(paths[0]).document for paths in (whole, plain))
        assert np.array_equal(composite(first), composite(second))
        assert np.array_equal(first.original, second.original)
        assert [n.name for n in first.walk()] == [n.name for n in second.walk()]


@pytest.mark.parametrize("format_id", FORMATS)
def test_what_is_not_written_is_named(format_id: str) -> None:
    target = Path(f"a{(FORMATS[format_id].suffixes or ('',))[0]}")
    said = [str(message) for message in notes(ALL, target, format_id, ExportOptions())]
    for word in ("Adjustments", "Fills", "Clipping", "Effects", "Photoshop can edit"):
        assert sum(word in sentence for sentence in said) == 1, word
    assert "“Map”" in " ".join(said)


def test_nothing_is_said_of_plain_layers() -> None:
    assert unwritten(only_layers(ALL)) == ()


@pytest.mark.parametrize("format_id", FORMATS)
def test_a_document_of_adjustments_alone_is_nothing_to_export(format_id: str, tmp_path: Path) -> None:
    suffix = (FORMATS[format_id].suffixes or ("",))[0]
    with pytest.raises(OutputError, match="no layers"):
        export(Document(9, 9, (Adjustment(Invert()),)), tmp_path / f"a{suffix}", format_id)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=DOCUMENTS)
def test_any_document_is_written_with_the_picture_that_is_seen(document: Document, tmp_path: Path) -> None:
    if not document.layers():
        return
    for suffix in (".psd", ".ora"):
        (path,) = export(document, tmp_path / f"a{suffix}", suffix[1:], ExportOptions(overwrite=True, editable=False))
        opened = open_layered(path).document
        assert opened.original is not None
        seen, stored = composite(document).astype(int), opened.original.astype(int)
        shown = seen[..., 3] > 8
        assert np.abs(seen - stored)[shown][:, 3].max(initial=0) <= 2
