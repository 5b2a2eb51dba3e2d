"""What is on screen, what the compositor computes and what the exported PSD holds are one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psd_tools import PSDImage
from psd_tools.composite.blend import BLEND_FUNC
from psd_tools.constants import BlendMode as PsdBlend

from engine.document import LAYER_BLEND_MODES, BlendMode, Document, Group, Layer, Transform
from engine.imaging.compositing import composite
from export.registry import ExportOptions, export
from tests.gui.canvas.conftest import Stage, disc, noise, plain

WIDTH, HEIGHT = 96, 72
EXTREME = (BlendMode.COLOR_DODGE, BlendMode.COLOR_BURN)
"""Where the backdrop is at a limit these two jump, so that one step of rounding can become any."""

pictures = st.one_of(
    st.builds(noise, st.integers(4, 80), st.integers(4, 60), st.integers(0, 99), st.booleans()),
    st.builds(disc, st.integers(8, 80), st.integers(8, 60), st.tuples(*[st.integers(0, 255)] * 3)),
    st.builds(plain, st.integers(1, 90), st.integers(1, 70), st.tuples(*[st.integers(0, 255)] * 4)),
)
transforms = st.one_of(
    st.just(Transform()),
    st.builds(
        Transform,
        scale_x=st.sampled_from((1.0, -1.0, 0.6, 1.7)),
        scale_y=st.sampled_from((1.0, 0.8, -1.3)),
        rotation=st.floats(-180, 180).map(lambda v: round(v, 1)),
        dx=st.sampled_from((0.0, 3.0, 0.5)),
    ),
)
layers = st.builds(
    Layer,
    pictures,
    left=st.integers(-20, 70),
    top=st.integers(-20, 50),
    opacity=st.one_of(st.just(1.0), st.floats(0.02, 1).map(lambda v: round(v, 3))),
    blend_mode=st.sampled_from(LAYER_BLEND_MODES),
    transform=transforms,
    visible=st.sampled_from((True, True, True, False)),
)
groups = st.builds(
    Group,
    st.tuples(layers, layers),
    opacity=st.sampled_from((1.0, 0.5)),
    blend_mode=st.sampled_from((BlendMode.PASS_THROUGH, BlendMode.NORMAL, BlendMode.MULTIPLY)),
)
nodes = st.lists(st.one_of(layers, layers, layers, groups), min_size=1, max_size=4).map(tuple)
papers = st.sampled_from(
    ((), (Layer(noise(WIDTH, HEIGHT, 7, alpha=False)),), (Layer(plain(WIDTH, HEIGHT, (250, 250, 245))),))
)
documents = st.builds(lambda paper, stack: Document(WIDTH, HEIGHT, paper + stack), papers, nodes)


def on_black(rgba: np.ndarray) -> np.ndarray:
    return np.rint(rgba[..., :3] * (rgba[..., 3:] / 255.0))


def agree(a: np.ndarray, b: np.ndarray, document: Document) -> None:
    gap = np.abs(a.astype(float) - b).max(axis=-1)
    if any(layer.blend_mode in EXTREME for layer in document.layers()):
        assert np.mean(gap <= 2) >= 0.999, f"{np.mean(gap <= 2):.4f} of the pixels agree"
    else:
        assert gap.max() <= 2


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=documents)
def test_canvas_compositor_and_psd_agree(stage: Stage, tmp_path: Path, document: Document) -> None:
    expected = composite(document)
    stage.view.set_background("black")
    stage.open(document)
    agree(stage.picture(), on_black(expected), document)
    target = tmp_path / "stack.psd"
    export(document, target, "psd", ExportOptions(overwrite=True))
    file = PSDImage.open(target)
    picture = file.topil()
    assert picture is not None
    merged = np.asarray(picture.convert("RGBA"))
    agree(on_black(merged), on_black(expected), document)
    assert np.abs(merged[..., 3].astype(int) - expected[..., 3]).max() <= 2
    stacked = np.asarray(file.composite(color=0.0, alpha=0.0, force=True).convert("RGBA"))
    agree(on_black(stacked), on_black(expected), document)


@pytest.mark.parametrize("mode", LAYER_BLEND_MODES)
def test_every_mode_is_psd_tools_own_formula(stage: Stage, mode: BlendMode) -> None:
    """Opaque on opaque, over all pairs of 16 levels: no alpha to hide behind."""
    levels = np.linspace(0, 255, 16).round().astype(np.uint8)
    below, above = plain(16, 16, (0, 0, 0)), plain(16, 16, (0, 0, 0))
    below[..., :3], above[..., :3] = levels[:, None, None], levels[None, :, None]
    document = Document(16, 16, (Layer(below), Layer(above, blend_mode=mode)))
    stage.open(document)
    formula = BLEND_FUNC[getattr(PsdBlend, mode.name)]
    told = formula(below[..., :3] / 255.0, above[..., :3] / 255.0) * 255
    limit = 3 if mode is BlendMode.EXCLUSION else 2
    assert np.abs(composite(document)[..., :3] - told).max() <= limit
    assert np.abs(stage.picture() - told).max() <= limit
