"""Auto layers and names, on layers drawn here."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.document import LayerKind, Pixels
from engine.qwen.child.naming import clean, name_layers, on_grey, text_reader, unique
from engine.qwen.child.tidy import duplicates, objects, over, tidy, within


def layer(*boxes: tuple[int, int, int, int], color: tuple[int, int, int] = (200, 40, 40), haze: int = 0) -> Pixels:
    """120 x 160 px with filled boxes (left, top, right, bottom) and a haze of alpha elsewhere."""
    pixels = np.zeros((120, 160, 4), dtype=np.uint8)
    pixels[..., 3] = haze
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right] = (*color, 255)
    return pixels


GROUND = layer((0, 0, 160, 120), color=(20, 90, 160))
BOX = layer((20, 20, 70, 80))


def test_empty_layers_are_dropped_also_with_the_decoders_haze() -> None:
    done = tidy([GROUND, layer(haze=4), BOX, layer()])
    assert len(done.layers) == 2
    assert "2 empty layers were dropped." in map(str, done.notes)


def test_a_duplicate_is_merged_into_the_layer_below() -> None:
    again = BOX.copy()
    again[..., :3] = np.clip(again[..., :3].astype(int) + 4, 0, 255)
    done = tidy([GROUND, BOX, again])
    assert len(done.layers) == 2
    assert np.array_equal(done.layers[1][30, 30], again[30, 30])


def test_a_duplicate_goes_into_its_twin_further_down_where_nothing_comes_between() -> None:
    """A person on a street came back as street, coat, bag, and the coat again."""
    beside, across = layer((100, 20, 140, 80), color=(9, 90, 9)), layer((60, 20, 140, 80), color=(9, 90, 9))
    done = tidy([GROUND, BOX, beside, BOX])
    assert len(done.layers) == 3
    assert np.array_equal(done.layers[2], beside)
    shown = over(over(over(GROUND, BOX), across), BOX)
    kept = tidy([GROUND, BOX, across, BOX]).layers
    assert len(kept) == 4, "it would go under what it covers"
    assert np.array_equal(over(over(over(kept[0], kept[1]), kept[2]), kept[3]), shown)


@pytest.mark.parametrize("other", [layer((90, 20, 140, 80)), layer((20, 20, 70, 80), color=(20, 200, 40))])
def test_another_place_or_colour_is_no_duplicate(other: Pixels) -> None:
    assert not duplicates(BOX, other)
    assert len(tidy([GROUND, BOX, other]).layers) == 3


def test_a_speck_is_merged_and_the_picture_stays() -> None:
    speck = layer((100, 100, 102, 102))
    done = tidy([GROUND, BOX, speck])
    assert len(done.layers) == 2
    assert np.array_equal(over(done.layers[0], done.layers[1]), over(over(GROUND, BOX), speck))


def test_nothing_at_all_still_leaves_a_layer() -> None:
    assert len(tidy([layer(), layer()]).layers) == 1


def test_separate_objects_are_counted() -> None:
    assert objects(layer((5, 5, 45, 45), (100, 60, 150, 110))) == 2
    assert objects(layer((5, 5, 45, 45), (46, 5, 80, 45))) == 1, "a hairline gap does not part an object"
    assert objects(layer((5, 5, 85, 85), (100, 100, 104, 104))) == 1, "dust is no object"
    assert objects(layer()) == 0


def test_a_split_cut_out_gets_no_more_alpha_than_it_had() -> None:
    alpha = np.full((120, 160), 255, dtype=np.uint8)
    alpha[:, 80:] = 60
    assert within([GROUND], alpha)[0][0, 100, 3] == 60
    assert GROUND[0, 100, 3] == 255


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ('"Woman in red coat."', "Woman in red coat"),
        ("Layer name: blue sky\nIt shows a sky.", "blue sky"),
        ("**Logo**", "Logo"),
        ("  \n ", ""),
        ("...", ""),
        ("赤いコートの女性", "赤いコートの女性"),
        (
            "a very long description of a small red car that stands in front of a house",
            "a very long description of a small…",
        ),
    ],
)
def test_what_a_model_says_becomes_a_name(said: str, name: str) -> None:
    assert clean(said) == name


def test_names_are_unique_and_under_40_characters() -> None:
    long = "x" * 39
    made = unique(["Tree", "tree", "Tree", long, long])
    assert len({n.casefold() for n in made}) == 5
    assert max(map(len, made)) < 40


def test_background_text_and_objects_are_told_apart() -> None:
    named = name_layers([GROUND, BOX, BOX], lambda p: "SALE 50 %" if p is not GROUND else "", lambda _p: "red box")
    assert [kind for _, kind, _ in named] == [LayerKind.BACKGROUND, LayerKind.TEXT, LayerKind.TEXT]
    assert [name for name, _, _ in named] == ["red box", "SALE 50 %", "SALE 50 % 2"]


def test_names_can_be_switched_off() -> None:
    assert [name for name, _, _ in name_layers([GROUND, BOX], None, None)] == ["Background", "Layer 2"]


def test_text_on_a_layer_is_read() -> None:
    picture = Image.new("RGBA", (640, 200), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((30, 40), "SUMMER SALE", fill=(250, 240, 60, 255), font=ImageFont.load_default(80))
    read = text_reader()
    assert read(np.asarray(picture)).upper().replace(" ", "") == "SUMMERSALE"
    assert read(BOX) == ""


def test_a_tiny_layer_can_still_be_shown_to_the_model() -> None:
    assert min(on_grey(layer((10, 10, 12, 11))).size) >= 56
