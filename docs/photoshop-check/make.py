"""Makes the files that a person opens in Photoshop to check what no other program can: `python make.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from engine.document import BlendMode, Document, Group, Layer, LayerKind, Mask, Node, Pixels, Recolor, Transform
from engine.imaging.compositing import composite
from export.registry import ExportOptions, export

HERE = Path(__file__).parent
WIDTH, HEIGHT, FINE = 480, 320, 4


def drawn(width: int, height: int, colour: tuple[int, int, int], *shapes: tuple[str, list[float]]) -> Pixels:
    """Shapes with smooth edges in one colour; their coordinates are shares of the box."""
    image = Image.new("L", (width * FINE, height * FINE))
    pen = ImageDraw.Draw(image)
    for kind, shares in shapes:
        points = [v * (width, height)[i % 2] * FINE for i, v in enumerate(shares)]
        getattr(pen, kind)(points, fill=255)
    alpha = np.asarray(image.resize((width, height), Image.Resampling.BOX))
    shade = np.linspace(1.0, 0.8, height)[:, None, None] * np.array(colour)
    return np.dstack([np.broadcast_to(shade, (height, width, 3)), alpha]).astype(np.uint8)


def sky() -> Pixels:
    y = np.linspace(0, 1, HEIGHT)[:, None, None]
    colour = (1 - y) * np.array([90, 150, 220]) + y * np.array([235, 225, 205])
    return np.dstack([np.broadcast_to(colour, (HEIGHT, WIDTH, 3)), np.full((HEIGHT, WIDTH), 255)]).astype(np.uint8)


def word(text: str, colour: tuple[int, int, int]) -> Pixels:
    image = Image.new("L", (220, 44))
    ImageDraw.Draw(image).text((4, 2), text, fill=255, font_size=34)
    alpha = np.asarray(image)
    return np.dstack([np.broadcast_to(np.array(colour), (*alpha.shape, 3)), alpha]).astype(np.uint8)


SUN = drawn(90, 90, (250, 210, 60), ("ellipse", [0.02, 0.02, 0.98, 0.98]))
HILL = drawn(480, 140, (70, 150, 80), ("ellipse", [-0.3, 0.05, 0.7, 2.2]), ("ellipse", [0.4, 0.2, 1.3, 2.4]))
HOUSE = drawn(
    120, 110, (200, 80, 60), ("polygon", [0.5, 0.02, 0.98, 0.45, 0.02, 0.45]), ("rectangle", [0.12, 0.45, 0.88, 0.98])
)
SHADOW = drawn(160, 40, (60, 60, 90), ("ellipse", [0.02, 0.05, 0.98, 0.95]))


def scene() -> Document:
    house = Group(
        (
            Layer(SHADOW, 210, 246, "shadow", LayerKind.EFFECT, blend_mode=BlendMode.MULTIPLY, opacity=0.6),
            Layer(HOUSE, 225, 155, "house 家", LayerKind.SHAPE),
        ),
        name="house and shadow 🏠",
    )
    nodes = (
        Layer(sky(), name="sky", kind=LayerKind.BACKGROUND),
        Layer(SUN, 360, -20, "sun", opacity=0.8, blend_mode=BlendMode.SCREEN),
        Layer(HILL, 0, 180, "hills", locked=True),
        house,
        Layer(word("UNFLATTEN", (250, 250, 250)), 20, 24, "“UNFLATTEN”", LayerKind.TEXT),
        Layer(HOUSE, 40, 170, "hidden house", visible=False),
    )
    return Document(WIDTH, HEIGHT, nodes, dpi=(300.0, 300.0), source=Path("A village.jpg"))


def edited(document: Document, **edits: dict[str, object]) -> Document:
    """The document with edits of the layers whose names begin with those words."""

    def change(node: Node) -> Node:
        edit = edits.get(node.name.split()[0])
        return node if edit is None or isinstance(node, Group) else replace(node, **edit)

    return document.map_nodes(change)


def documents() -> dict[str, tuple[Document, ExportOptions]]:
    plain = scene()
    clear = plain.with_siblings(None, plain.nodes[1:])
    recoloured = edited(
        plain,
        sun={"recolor": Recolor(hue=-50, saturation=20), "blend_mode": BlendMode.NORMAL, "opacity": 1.0},
        house={"recolor": Recolor(colorize=(40, 90, 200), strength=0.9)},
        hills={"recolor": Recolor(hue=40, lightness=15, colorize=(180, 120, 40), strength=0.4), "locked": False},
    )
    fade = Mask(np.tile(np.linspace(255, 0, 120).astype(np.uint8), (110, 1)))
    placed = edited(
        plain,
        sun={"transform": Transform(0.5, 0.5, 0, -40, 40)},
        house={"transform": Transform(1.3, 1.3, -12, 10, -10), "mask": fade},
        hidden={"transform": Transform(-0.6, 0.6, 0, 0, 20), "visible": True},
    )
    return {
        "1-background.psd": (plain, ExportOptions(overwrite=True, caption="A village, drawn by a program")),
        "2-transparent.psd": (clear, ExportOptions(overwrite=True)),
        "3-zip.psd": (plain, ExportOptions(overwrite=True, compression="zip")),
        "4-recoloured.psd": (recoloured, ExportOptions(overwrite=True)),
        "5-smart-objects.psd": (placed, ExportOptions(overwrite=True)),
        "6-large-format.psb": (plain, ExportOptions(overwrite=True)),
    }


def main() -> None:
    for name, (document, options) in documents().items():
        export(document, HERE / name, "psd", options)
        Image.fromarray(composite(document)).save(HERE / f"{Path(name).stem}.png", optimize=True)


if __name__ == "__main__":
    main()
