"""Merging, splitting and cutting: the picture stays what it was, and refusals say why."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.cancel import never
from engine.document import (
    BlendMode,
    Carried,
    CarriedKind,
    Document,
    Group,
    Layer,
    Mask,
    Recolor,
    Shadow,
    Transform,
)
from engine.editing.islands import split_islands
from engine.editing.surgery import (
    hide_selection,
    merge,
    merge_down,
    merge_visible,
    move_selection,
    rasterize,
    set_mask,
    tight,
)
from engine.errors import InputError
from engine.imaging.compositing import Raster, composite
from tests.nodes import with_everything


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
    flat, _ = rasterize(changed, ["n1"]).run()
    assert flat.layer("n1").transform.is_identity
    assert flat.layer("n1").mask is None
    assert np.abs(picture(flat) - picture(changed)).max() <= 1


def test_merge_down_keeps_the_picture_and_the_lower_name(document):
    merged, (new,) = merge_down(document, "n1").run()
    assert [n.name for n in merged.nodes] == ["bottom", "n2", "n3"]
    assert merged.find(new).name == "bottom"
    assert np.abs(picture(merged) - picture(document)).max() <= 2


def test_merge_visible_leaves_hidden_layers(document):
    hidden = replace(document, nodes=(*document.nodes, blob(4, 0, 0, visible=False)))
    merged, _ = merge_visible(hidden).run()
    assert [n.name for n in merged.nodes] == ["bottom", "n4"]
    assert np.abs(picture(merged) - picture(hidden)).max() <= 2


def test_merging_a_group_flattens_it(document):
    grouped = replace(document, nodes=(document.nodes[0], Group(document.nodes[1:], id="g", name="Group")))
    merged, _ = merge(grouped, ["bottom", "g"]).run()
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
        split_islands(document, "bottom").run()
    with pytest.raises(InputError, match="covers nothing"):
        move_selection(document, "n1", Raster(np.full((5, 5, 4), 255, np.uint8), 110, 70)).run()


def test_split_into_islands_keeps_every_pixel():
    pixels = np.zeros((60, 200, 4), np.uint8)
    for x in (30, 100, 170):
        cv2.circle(pixels, (x, 30), 20, (200, 40, 90, 255), -1, cv2.LINE_AA)
    pixels[2:4, 60:62] = (1, 2, 3, 255)  # a speck goes with its nearest island
    document = Document(200, 60, (Layer(pixels, id="dots", name="Dots"),))
    split, parts = split_islands(document, "dots").run()
    group = split.nodes[0]
    assert [n.name for n in group.children] == ["Dots 1", "Dots 2", "Dots 3"]
    assert [split.layer(i).left for i in parts] == [9, 60, 149] or [split.layer(i).left for i in parts][1] >= 60
    assert all(split.layer(i).width < 90 for i in parts)
    assert np.array_equal(composite(split), composite(document))


def dots(count: int, radius: int, width: int, **fields) -> Layer:
    pixels = np.zeros((60, width, 4), np.uint8)
    for number in range(count):
        at = (4 * radius * number + 2 * radius + 1, 30)
        cv2.circle(pixels, at, radius + number % 2, (200, 40 + number, 90, 255), -1)
    return Layer(pixels, 5, 7, id="dots", name="Dots", **fields)


@pytest.mark.parametrize("turn", [Transform(dx=4, dy=-3), Transform(1, 1, 30, 6, 9), Transform(-2, 2)])
def test_islands_keep_place_colour_and_mask_as_parameters(turn):
    mask = np.tile(np.linspace(40, 255, 120).astype(np.uint8), (60, 1))
    layer = dots(3, 8, 120, transform=turn, recolor=Recolor(hue=120), mask=Mask(mask))
    document = Document(200, 120, (layer,))
    split, parts = split_islands(document, "dots").run()
    assert len(parts) == 3
    for part in map(split.layer, parts):
        assert part.width < 30
        assert part.recolor == layer.recolor
        assert part.mask is not None
        kept = part.transform
        assert (kept.scale_x, kept.scale_y, kept.rotation) == (turn.scale_x, turn.scale_y, turn.rotation)
        assert part.pixels[..., 1].max() < 50, "the pixels are the layer's own, not recoloured ones"
    assert np.abs(picture(split) - picture(document)).max() <= 2


def test_many_pieces_leave_the_largest_apart_and_say_so():
    layer = dots(50, 5, 1100)
    plan = split_islands(Document(1200, 80, (layer,)), "dots")
    made = plan.make(never)
    assert [str(said) for said in made.notes] == [
        "50 pieces: the largest 40 are apart, the others went with the nearest."
    ]
    document, parts = plan.put(made)
    assert len(parts) == 40
    assert np.array_equal(picture(document), picture(Document(1200, 80, (layer,))))


def test_locks_of_groups_hold_for_merging_and_cutting(document):
    inner = replace(document.layer("n1"), locked=True)
    group = Group((inner, document.layer("n2")), id="g", name="Folder")
    mixed = replace(document, nodes=(document.nodes[0], group, document.layer("n3")))
    with pytest.raises(InputError, match="“n1” is locked"):
        merge(mixed, ["bottom", "g"])
    whole = mixed.map_nodes(lambda n: replace(n, locked=n.id == "g"))
    with pytest.raises(InputError, match="“n2” is in a locked group"):
        hide_selection(whole, ["n2"], Raster(np.full((9, 9, 4), 255, np.uint8), 40, 30))
    with pytest.raises(InputError, match="locked group"):
        rasterize(whole, ["n2"])
    assert set_mask(whole, "n2", np.zeros((40, 50), np.uint8)) is whole


def test_what_was_made_fits_while_the_same_nodes_are_read(document):
    plan = merge_down(document, "n1")
    renamed = replace(document, nodes=(*document.nodes[:3], replace(document.nodes[3], name="x")))
    assert merge_down(renamed, "n1").reads_the_same(plan)
    faded = replace(document, nodes=(document.nodes[0], replace(document.nodes[1], opacity=0.5), *document.nodes[2:]))
    assert not merge_down(faded, "n1").reads_the_same(plan)


def test_a_soft_selection_moves_to_a_new_layer_and_the_two_stack_to_the_same(document):
    soft = np.zeros((40, 40, 4), np.uint8)
    cv2.circle(soft, (20, 20), 12, (255, 255, 255, 255), -1)
    blurred = Raster(cv2.GaussianBlur(soft, (0, 0), 3), 10, 10)
    cut, (piece,) = move_selection(document, "n1", blurred).run()
    assert [n.name for n in cut.nodes] == ["bottom", "n1", "n1 part", "n2", "n3"]
    assert cut.layer(piece).width < document.layer("n1").width
    assert np.abs(picture(cut) - picture(document)).max() <= 2


def test_tight_box():
    pixels = np.zeros((10, 20, 4), np.uint8)
    pixels[3:5, 7:12, 3] = 1
    cropped, left, top = tight(pixels)
    assert (cropped.shape, left, top) == ((2, 5, 4), 7, 3)
    assert tight(np.zeros((4, 4, 4), np.uint8))[0].size == 0


# -- nodes and fields that the compositor does not draw yet


def test_what_is_not_drawn_is_not_merged_away(document):
    whole = with_everything(document)
    for plan in (lambda: merge(whole, ["bottom", "levels"]), lambda: merge_visible(whole)):
        with pytest.raises(InputError, match=r"“(Map|Paint)” cannot be made into pixels yet"):
            plan()
    with pytest.raises(InputError, match="has no pixels of its own"):
        move_selection(whole, "levels", Raster(np.full((5, 5, 4), 255, np.uint8), 0, 0))


def test_merging_names_effects_clipping_and_text_that_go(document):
    text = Carried(b"TySh", b"", CarriedKind.TEXT)
    changes = {"clip": True, "effects": (Shadow(),), "carried": (text,)}
    marked = replace(document, nodes=(document.nodes[0], replace(document.nodes[1], **changes), *document.nodes[2:]))
    made = merge(marked, [n.id for n in marked.nodes]).make(never)
    said = " ".join(map(str, made.notes))
    for word in ("effects", "clipping", "text"):
        assert said.count(f"The {word} of") == 1
    assert merge(document, [n.id for n in document.nodes]).make(never).notes == ()


def test_parts_of_a_layer_keep_its_clip_and_effects_but_nothing_that_is_untrue_of_them(document):
    text = Carried(b"TySh", b"", CarriedKind.TEXT)
    layer = replace(dots(3, 8, 120), clip=True, effects=(Shadow(),), carried=(text,))
    split, parts = split_islands(Document(200, 60, (layer,)), "dots").run()
    assert split.nodes[0].clip, "the group is clipped, not its parts to each other"
    for part in map(split.layer, parts):
        assert (part.clip, part.effects, part.carried) == (False, layer.effects, ())
    some = Raster(np.full((60, 30, 4), 255, np.uint8), 0, 0)
    cut, _ = move_selection(Document(200, 60, (layer,)), "dots", some).run()
    assert [(n.clip, n.effects, n.carried) for n in cut.nodes] == [(True, layer.effects, ())] * 2
