"""What a batch of composites shall show: drawn with numpy before a pixel is made.

A scene has up to LAYERS sprites, back to front. Groups are neighbours in that order: companions on an anchor (a hat on
a table, words on a badge), people side by side, a pile. Every array is (B, LAYERS) unless said otherwise.
"""

from dataclasses import dataclass

import numpy as np

from .atlas import FIGURES, PHOTO, SHAPES, SOFT, TEXT, Atlas

LAYERS = 16
Rng = np.random.RandomState

# How often a kind is drawn, against its share of the bank: what the first study was weak on, and people, more often.
WEIGHT = {"text": 0.8, "soft": 1.6, "panel": 1.0, "shape": 0.8, "photo": 4.5, "humaaans": 2.6, "peeps": 2.2,
          "dicebear-openPeeps": 1.5, "dicebear-notionists": 1.3, "fluent3d": 1.8}  # fmt: skip


@dataclass
class Plan:
    """Sizes and places are in units of half the picture's side (-1..1); angles in radians."""

    count: np.ndarray  # (B,) sprites in each scene
    sprite: np.ndarray
    size: np.ndarray  # half side of the sprite's square
    x: np.ndarray
    y: np.ndarray
    angle: np.ndarray
    mirror: np.ndarray  # -1 or 1
    aspect: np.ndarray
    opacity: np.ndarray
    group: np.ndarray  # number of the group a sprite belongs to, from 1
    stuff: np.ndarray  # bool: part of the ground, though made of a sprite
    frame: np.ndarray  # (B, 2) half extent of the picture inside its square: 1 unless letterboxed


class Planner:
    """Draws plans from a seeded generator."""

    def __init__(self, atlas: Atlas, held: bool, rng: Rng) -> None:
        self.atlas, self.rng = atlas, rng
        self.pool = np.where(atlas.held == held)[0]
        weight = np.array([WEIGHT.get(kind, 1.0) for kind in atlas.kind[self.pool]])
        self.chance = weight / weight.sum()
        self.words = self._or_all(atlas.of(TEXT, held))
        self.shapes = self._or_all(atlas.of(SHAPES, held))
        self.people = self._or_all(atlas.of(FIGURES, held))
        self.text = np.isin(atlas.kind, TEXT)
        self.soft = np.isin(atlas.kind, SOFT)
        self.photo = np.isin(atlas.kind, PHOTO)

    def _or_all(self, found: np.ndarray) -> np.ndarray:
        return found if len(found) else self.pool

    def draw(self, batch: int) -> Plan:
        r, shape = self.rng, (batch, LAYERS)
        count = np.minimum(LAYERS, 1 + r.poisson(r.choice([1.0, 3.0, 6.0, 9.0], batch)))
        sprite = r.choice(self.pool, shape, p=self.chance)
        size = self._sizes(count)
        same = r.rand(batch) < 0.08  # one thing many times
        sprite = np.where(same[:, None], sprite[:, :1], sprite)
        crowd = r.rand(batch) < 0.14  # people, and little else
        sprite = np.where(crowd[:, None] & (r.rand(*shape) < 0.85), r.choice(self.people, shape), sprite)
        order = np.argsort(-size * np.exp(r.randn(*shape) * 0.5), 1)  # mostly the large behind
        sprite, size = np.take_along_axis(sprite, order, 1), np.take_along_axis(size, order, 1)
        x, y = self._places(size, crowd)
        plan = Plan(
            count=count, sprite=sprite, size=size, x=x, y=y,
            angle=np.where(r.rand(*shape) < 0.72, r.randn(*shape) * 0.12, r.uniform(-0.9, 0.9, shape)),
            mirror=np.where(self.text[sprite], 1.0, r.choice([-1.0, 1.0], shape)),
            aspect=np.exp(r.randn(*shape) * 0.09),
            opacity=np.where(r.rand(*shape) < 0.07, r.uniform(0.55, 0.9, shape), 1.0),
            group=np.tile(np.arange(1, LAYERS + 1), (batch, 1)),
            stuff=np.zeros(shape, bool), frame=self._frames(batch),
        )  # fmt: skip
        self._group(plan)
        self._stuff(plan)
        plan.mirror = np.where(self.text[plan.sprite], 1.0, plan.mirror)
        plan.x, plan.y = plan.x * plan.frame[:, :1], plan.y * plan.frame[:, 1:]
        plan.size = plan.size * np.sqrt(plan.frame.prod(1, keepdims=True))
        return plan

    def _sizes(self, count: np.ndarray) -> np.ndarray:
        r, shape = self.rng, (len(count), LAYERS)
        size = np.exp(r.uniform(np.log(0.07), np.log(0.75), shape))
        size = np.where(r.rand(*shape) < 0.16, r.uniform(0.6, 1.2, shape), size)
        size = size * np.clip(1.3 - count / 14, 0.45, 1)[:, None]  # the more there is, the smaller
        few = (count <= 2) & (r.rand(len(count)) < 0.55)
        size = np.where(few[:, None], r.uniform(0.4, 1.25, shape), size)
        alike = r.rand(len(count)) < 0.1
        return np.where(alike[:, None], size[:, :1] * r.uniform(0.85, 1.15, shape), size)

    def _places(self, size: np.ndarray, crowd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r, shape = self.rng, size.shape
        x, y = r.uniform(-0.95, 0.95, shape), r.uniform(-0.95, 0.95, shape)
        inside, room = r.rand(*shape) < 0.8, 1 - 0.5 * np.minimum(size, 1)
        x, y = np.where(inside, x * room, x), np.where(inside, y * room, y)
        cut = (size > 0.5) & (r.rand(*shape) < 0.35)  # large things often stand on the lower edge
        x, y = np.where(cut, x * 0.6, x), np.where(cut, 1 - size * r.uniform(0.1, 0.9, shape), y)
        row = (r.rand(len(size)) < np.where(crowd, 0.5, 0.1))[:, None]
        across = np.linspace(-0.85, 0.85, LAYERS)[r.permutation(LAYERS)][None]
        return np.where(row, across, x), np.where(row, y[:, :1] * 0.6 + r.randn(*shape) * 0.04, y)

    def _frames(self, batch: int) -> np.ndarray:
        """Half of all pictures are letterboxed, as pictures that are not square will be."""
        r = self.rng
        frame, short = np.ones((batch, 2)), r.choice([0.5, 0.5625, 0.6667, 0.75, 0.8, 0.9], batch)
        boxed, side = r.rand(batch) < 0.5, r.randint(0, 2, batch)
        frame[np.arange(batch), side] = np.where(boxed, short, 1)
        return frame

    def _group(self, plan: Plan) -> None:
        """Puts neighbours together: 0 alone, 1 on the anchor, 2 beside the one before."""
        r, batch = self.rng, len(plan.count)
        kind = np.zeros((batch, LAYERS), int)
        starts = r.rand(batch, LAYERS) < 0.16
        for k in range(1, LAYERS):
            going = (kind[:, k - 1] > 0) & (r.rand(batch) < 0.5)
            kind[:, k] = np.where(going, kind[:, k - 1], np.where(starts[:, k], r.choice([1, 1, 2], batch), 0))
        anchor = np.tile(np.arange(LAYERS), (batch, 1))
        for k in range(1, LAYERS):
            anchor[:, k] = np.where(kind[:, k] > 0, anchor[:, k - 1], k)
            self._join(plan, kind[:, k], anchor[:, k], k)

    def _join(self, plan: Plan, kind: np.ndarray, anchor: np.ndarray, k: int) -> None:
        r, rows = self.rng, np.arange(len(plan.count))
        base, bx, by = plan.size[rows, anchor], plan.x[rows, anchor], plan.y[rows, anchor]
        on, beside = kind == 1, kind == 2
        size = np.where(on, base * r.uniform(0.22, 0.6, len(base)), plan.size[:, k])
        plan.size[:, k] = np.where(beside, plan.size[:, k - 1] * r.uniform(0.75, 1.2, len(base)), size)
        dx = np.where(r.rand(len(base)) < 0.7, r.uniform(-0.5, 0.5, len(base)), r.uniform(-0.95, 0.95, len(base)))
        step = np.where(r.rand(len(base)) < 0.5, 1, -1) * r.uniform(0.5, 1.3, len(base)) * plan.size[:, k]
        x = np.where(on, bx + base * dx, plan.x[:, k])
        y = np.where(on, by + base * r.uniform(-0.7, 0.6, len(base)), plan.y[:, k])
        plan.x[:, k] = np.where(beside, plan.x[:, k - 1] + step, x).clip(-1, 1)
        plan.y[:, k] = np.where(beside, plan.y[:, k - 1] + r.randn(len(base)) * 0.1 * plan.size[:, k], y).clip(-1, 1)
        plan.group[:, k] = np.where(kind > 0, plan.group[rows, anchor], plan.group[:, k])
        flat = np.isin(self.atlas.kind[plan.sprite[rows, anchor]], SHAPES)
        words = on & flat & (r.rand(len(base)) < 0.5)  # words belong on badges and cards
        plan.sprite[:, k] = np.where(words, r.choice(self.words, len(base)), plan.sprite[:, k])
        plan.angle[:, k] = np.where(kind > 0, plan.angle[rows, anchor] + r.randn(len(base)) * 0.05, plan.angle[:, k])

    def _stuff(self, plan: Plan) -> None:
        """The first layers are now and then ground: faint marks, or shapes larger than the picture."""
        r, shape = self.rng, plan.sprite.shape
        leading = np.arange(LAYERS)[None] < r.choice([0, 1, 2, 3], len(plan.count), p=[0.72, 0.16, 0.07, 0.05])[:, None]
        plan.stuff = leading & (r.rand(*shape) < 0.5)
        faint = plan.stuff & (r.rand(*shape) < 0.6)
        giant = plan.stuff & ~faint
        plan.opacity = np.where(faint, r.uniform(0.06, 0.22, shape), plan.opacity)
        plan.size = np.where(giant, r.uniform(1.3, 2.6, shape), plan.size)
        plan.sprite = np.where(giant, r.choice(self.shapes, shape), plan.sprite)
        plan.count = np.minimum(LAYERS, plan.count + plan.stuff.sum(1))
