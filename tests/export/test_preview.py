"""The merged image is drawn in tiles with short cuts; it must be what the reference compositor draws."""

import numpy as np
import pytest

from engine.document import BlendMode, Document, Group, Layer
from engine.imaging.compositing import composite
from export.preview import Preview

from .documents import picture


def stacks() -> dict[str, Document]:
    def layers(*modes: BlendMode) -> tuple[Layer, ...]:
        return tuple(
            Layer(picture(300, 200, i, "soft" if i % 2 else "ramp"), i * 40 - 60, i * 30 - 50, blend_mode=mode)
            for i, mode in enumerate(modes)
        )

    normal, multiply = BlendMode.NORMAL, BlendMode.MULTIPLY
    clear = np.zeros((300, 400, 4), np.uint8)
    return {
        "normal": Document(400, 300, layers(normal, normal, normal, normal, normal)),
        "faded": Document(400, 300, tuple(Layer(picture(400, 300, i), opacity=0.4) for i in range(9))),
        "mixed": Document(400, 300, layers(normal, multiply, normal)),
        "covered": Document(400, 300, (*layers(multiply, normal), Layer(picture(400, 300, 7)), *layers(normal))),
        "covered by a group": Document(400, 300, (*layers(multiply), Group((Layer(picture(400, 300, 7)),)))),
        "hidden cover": Document(400, 300, (*layers(normal), Layer(picture(400, 300, 7), visible=False))),
        "nothing": Document(400, 300, (Layer(clear), Layer(picture(9, 9, 0), 900, 900))),
    }


@pytest.mark.parametrize("name", stacks())
def test_it_is_the_composite(name: str) -> None:
    document = stacks()[name]
    preview = Preview(document.nodes, 400, 300)
    got = np.concatenate([preview.band(0, 100), preview.band(100, 237), preview.band(237, 300)]).astype(int)
    expected = composite(document).astype(int)
    assert np.abs(got[..., 3] - expected[..., 3]).max() <= 1
    premultiplied = np.abs(got[..., :3] * got[..., 3:] - expected[..., :3] * expected[..., 3:]) / 255
    assert premultiplied.max() <= 1.5
