"""Merging, splitting and cutting: the picture stays what it was, and refusals say why."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.compositing import Raster, composite
from engine.document import BlendMode, Document, Group, Layer, Mask, Recolor, Transform
from engine.errors import InputError
from engine.surgery import merge, merge_down, merge_visible, move_selection, rasterize, split_islands, tight


def picture(document: Document) -> np.ndarray:
    pixels = composite(document).astype(int)
    pixels[..., :3] = pixels[..., :3] * pixels[..., 3:] // 255
    return pixels


def blob(seed: int, left: int, top: int, **fields) -> Layer:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (40, 50, 4), dtype=np.uint8)
    pixels[..., 3] = cv2.GaussianBlur(rng.integers(0, 256, (40, 50), dtype=np.uint8), (0, 0), 4)
    return Layer(pixels, left, top, id=f"n{seed}", name=f"n{seed}", **fields)


@pytest.fixture
def document() -> Document:
    bottom = Layer(np.full((80, 120, 4), (240, 230, 210, 255), np.uint8), id="bottom", name="bottom")
    return Document(120, 80, (bottom, blob(1, 5, 5), blob(2, 30, 20, blend_mode=BlendMode.MULTIPLY), blob(3, 60, 30)))


def test_rasterise_keeps_the_picture(document):
    turned = replace(document.layer("n1"), transform=Transform(1.5, 0.7, 30, 4, 2), recolor=Recolor(hue=90))
    turned = replace(turned, mask=Mask(np.tile(np.linspace(0, 255, 50).astype(np.uint8), (40, 1))))
    changed = replace(document, nodes=(document.nodes[0], turned))
    flat = rasterize(changed, ["n1"])
    assert flat.layer("n1").transform.is_identity
    assert flat.layer("n1").mask is None
    assert np.abs(picture(flat) - picture(changed)).max() <= 1


def test_merge_down_keeps_the_picture_and_the_lower_name(document):
    merged, new = merge_down(document, "n1")
    assert [n.name for n in merged.nodes] == ["bottom", "n2", "n3"]
    assert merged.find(new).name == "bottom"
    assert np.abs(picture(merged) - picture(document)).max() <= 2


def test_merge_visible_leaves_hidden_layers(document):
    hidden = replace(document, nodes=(*document.nodes, blob(4, 0, 0, visible=False)))
    merged, _ = merge_visible(hidden)
    assert [n.name for n in merged.nodes] == ["bottom", "n4"]
    assert np.abs(picture(merged) - picture(hidden)).max() <= 2


def test_merging_a_group_flattens_it(document):
    grouped = replace(document, nodes=(document.nodes[0], Group(document.nodes[1:], id="g", name="Group")))
    merged, _ = merge(grouped, ["bottom", "g"])
    assert len(merged.nodes) == 1
    assert np.abs(picture(merged) - picture(document)).max() <= 2


def test_refusals(document):
    with pytest.raises(InputError, match="no visible layer below"):
        merge_down(document, "bottom")
    with pytest.raises(InputError, match="at least two"):
        merge(document, ["n1"])
    locked = replace(document, nodes=(replace(document.nodes[0], locked=True), *document.nodes[1:]))
    with pytest.raises(InputError, match="locked"):
        merge_down(locked, "n1")
    with pytest.raises(InputError, match="one piece"):
        split_islands(document, "bottom")
    with pytest.raises(InputError, match="covers nothing"):
        move_selection(document, "n1", Raster(np.full((5, 5, 4), 255, np.uint8), 110, 70))


def test_split_into_islands_keeps_every_pixel():
    pixels = np.zeros((60, 200, 4), np.uint8)
    for x in (30, 100, 170):
        cv2.circle(pixels, (x, 30), 20, (200, 40, 90, 255), -1, cv2.LINE_AA)
    pixels[2:4, 60:62] = (1, 2, 3, 255)  # a speck goes with its nearest island
    document = Document(200, 60, (Layer(pixels, id="dots", name="Dots"),))
    split, parts = split_islands(document, "dots")
    group = split.nodes[0]
    assert [n.name for n in group.children] == ["Dots 1", "Dots 2", "Dots 3"]
    assert [split.layer(i).left for i in parts] == [9, 60, 149] or [split.layer(i).left for i in parts][1] >= 60
    assert all(split.layer(i).width < 90 for i in parts)
    assert np.array_equal(composite(split), composite(document))


def test_a_soft_selection_moves_to_a_new_layer_and_the_two_stack_to_the_same(document):
    soft = np.zeros((40, 40, 4), np.uint8)
    cv2.circle(soft, (20, 20), 12, (255, 255, 255, 255), -1)
    soft = cv2.GaussianBlur(soft, (0, 0), 3)
    cut, piece = move_selection(document, "n1", Raster(soft, 10, 10))
    assert [n.name for n in cut.nodes] == ["bottom", "n1", "n1 part", "n2", "n3"]
    assert cut.layer(piece).width < document.layer("n1").width
    assert np.abs(picture(cut) - picture(document)).max() <= 2


def test_tight_box():
    pixels = np.zeros((10, 20, 4), np.uint8)
    pixels[3:5, 7:12, 3] = 1
    cropped, left, top = tight(pixels)
    assert (cropped.shape, left, top) == ((2, 5, 4), 7, 3)
    assert tight(np.zeros((4, 4, 4), np.uint8))[0].size == 0
