"""Composites and their truth, made on the GPU: sprites over a ground, back to front."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .atlas import SHAPES, SOFT, TEXT, Atlas
from .effects import Effects
from .gpu import column, upload
from .grounds import Grounds
from .patches import CELL, PAD, Painter, Patches
from .plan import LAYERS, Plan, Planner

IGNORE = 255  # label of pixels that are no truth for anything: things that hardly show
PARTS = 16  # a part's number is object * PARTS + its number in the sprite
MIN_AREA = 0.001  # share of the picture a thing must show
MIN_VISIBLE = 0.25  # share of a thing that must show
LETTERBOX = 0.5  # grey of the bars round a picture that is not square; the same when the network is used
SHADOW_SEEN = 0.04  # shadow fainter than this is not worth finding


@dataclass
class Batch:
    """Pictures and truth; S the picture's side, H = S / 4. Objects are numbered from 1; 0 is ground.

    `picture` (B, 3, S, S) float32; `object`, `group` (B, H, H) int64 with IGNORE; `part` (B, H, H) int64, 0 = unknown;
    `shadow`, `soft` (B, H, H) float32 0..1; `covers` (B, LAYERS + 1, LAYERS + 1): mask pixels of object j that object i
    came to lie on; `kind` (B, LAYERS + 1) int64 into model.KINDS; `single` (B, LAYERS + 1) bool: the object is its one
    part; `sprite_kind` (B, LAYERS + 1) and `ground_kind` (B): names.
    """

    picture: Tensor
    object: Tensor
    part: Tensor
    group: Tensor
    shadow: Tensor
    soft: Tensor
    covers: Tensor
    kind: Tensor
    single: Tensor
    sprite_kind: np.ndarray
    ground_kind: list[str]


class Canvas:
    """The padded pictures and label maps that patches are laid on."""

    def __init__(self, ground: Tensor, dtype: torch.dtype) -> None:
        batch, _, size, _ = ground.shape
        self.size, self.device = size, ground.device
        side = size + 2 * PAD
        self.rgb = torch.zeros(batch, 3, side, side, device=self.device, dtype=dtype)
        self.rgb[:, :, PAD : PAD + size, PAD : PAD + size] = ground.to(dtype)
        cells = side // CELL
        self.object = torch.zeros(batch, cells, cells, dtype=torch.int64, device=self.device)
        self.part = torch.zeros(batch, cells, cells, dtype=torch.uint8, device=self.device)
        self.shadow = torch.zeros(batch, cells, cells, device=self.device, dtype=dtype)
        self.soft = torch.zeros_like(self.shadow)
        self.covers = torch.zeros(batch, LAYERS + 1, LAYERS + 1, device=self.device)
        self.full = torch.zeros(batch, LAYERS + 1, device=self.device)

    def lay(
        self,
        patches: Patches,
        rows: slice,
        number: np.ndarray,
        opacity: np.ndarray,
        soft: np.ndarray,
        merge: np.ndarray,
    ) -> None:
        """Lays sprites of one layer, one a picture. `number` (n,): their object, 0 for what is ground."""
        jobs, dev = patches.jobs, self.device
        image = upload(jobs.image[rows], dev)
        span = torch.arange(jobs.window, device=dev)
        y = upload(jobs.top[rows], dev)[:, None] + span
        x = upload(jobs.left[rows], dev)[:, None] + span
        at = (
            image[:, None, None, None],
            torch.arange(3, device=dev)[None, :, None, None],
            y[:, None, :, None],
            x[:, None, None, :],
        )
        dtype = self.rgb.dtype
        strength = column(opacity, dev, 4).to(dtype)
        alpha, rgb = patches.alpha[rows] * strength, patches.rgb[rows] * strength
        shadow = patches.shadow[rows]
        below = self.rgb[at] * (1 - shadow)
        toned = column(merge, dev, 4).to(dtype)
        mean = below.float().mean((2, 3), keepdim=True).to(dtype)
        rgb = rgb * (1 - toned) + mean * alpha * toned  # some things take the tone of what lies behind them
        self.rgb[at] = below * (1 - alpha) + rgb
        self._label(patches, rows, image, y, x, alpha, shadow, number, soft)

    def _label(
        self, patches: Patches, rows: slice, image: Tensor, y: Tensor, x: Tensor, alpha: Tensor, shadow: Tensor,
        number: np.ndarray, soft: np.ndarray,
    ) -> None:  # fmt: skip
        dev, dtype = self.device, self.shadow.dtype
        at = (image[:, None, None], y[:, ::CELL, None] // CELL, x[:, None, ::CELL] // CELL)
        here, dark = alpha[:, 0, 2::CELL, 2::CELL], shadow[:, 0, 2::CELL, 2::CELL]
        glow = patches.glow[rows, 0, 2::CELL, 2::CELL]
        softness = torch.where(upload(soft, dev).view(-1, 1, 1), here, glow)
        self.shadow[at] = (1 - (1 - self.shadow[at]) * (1 - dark)) * (1 - here)
        self.soft[at] = (self.soft[at] * (1 - here) + softness).to(dtype)
        solid, what = patches.solid[rows], upload(number, dev)
        before = self.object[at]
        counts = torch.zeros(len(image), LAYERS + 1, device=dev)
        counts.scatter_add_(1, before.flatten(1), solid.flatten(1).float())
        self.covers[image, what] += counts
        self.full[image, what] += solid.flatten(1).sum(1)
        self.object[at] = torch.where(solid, what.view(-1, 1, 1), before)
        self.part[at] = torch.where(solid, patches.part[rows], self.part[at])

    def cropped(self, labels: Tensor) -> Tensor:
        low, high = PAD // CELL, (PAD + self.size) // CELL
        return labels[:, low:high, low:high]


class Composer:
    """Makes batches: `held` says whether of the held-out sprites and grounds only."""

    def __init__(self, atlas: Atlas, size: int, *, held: bool = False, seed: int = 0) -> None:
        rng = np.random.RandomState(seed)
        self.atlas, self.size, self.rng = atlas, size, rng
        self.planner = Planner(atlas, held, rng)
        self.grounds = Grounds(atlas, size, held, rng)
        self.painter = Painter(atlas, self.planner, size, rng)
        self.effects = Effects(rng, atlas.device)

    @torch.no_grad()
    def batch(self, count: int) -> Batch:
        # Effects meet ever other numbers of pictures: trying convolutions out for each would take minutes.
        with torch.backends.cudnn.flags(enabled=True, benchmark=False):
            return self._batch(count)

    def _batch(self, count: int) -> Batch:
        plan = self.planner.draw(count)
        ground, ground_kind = self.grounds.make(count)
        canvas = Canvas(ground, self.painter.dtype)
        drawn = [self.painter.draw(plan, jobs) for jobs in self.painter.jobs(plan)]
        for layer in range(int(plan.count.max())):
            for patches in drawn:
                low, high = np.searchsorted(patches.jobs.layer, [layer, layer + 1])
                if high > low:
                    self._lay(canvas, plan, patches, slice(int(low), int(high)), layer)
        return self._finish(canvas, plan, ground_kind)

    def _lay(self, canvas: Canvas, plan: Plan, patches: Patches, rows: slice, layer: int) -> None:
        image = patches.jobs.image[rows]
        number = np.where(plan.stuff[image, layer], 0, layer + 1)
        soft = self.planner.soft[plan.sprite[image, layer]]
        merge = np.where(self.rng.rand(len(image)) < 0.12, self.rng.uniform(0.2, 0.6, len(image)), 0.0)
        canvas.lay(patches, rows, number, plan.opacity[image, layer], soft, merge)

    def _finish(self, canvas: Canvas, plan: Plan, ground_kind: list[str]) -> Batch:
        dev, count = self.atlas.device, len(plan.count)
        objects, part = canvas.cropped(canvas.object).clone(), canvas.cropped(canvas.part).long()
        inner = slice(PAD, PAD + self.size)
        picture = self.effects.apply(canvas.rgb[:, :, inner, inner].float().clamp(0, 1))
        outside = self._outside(plan)
        objects[outside] = 0
        flat = objects.flatten(1)
        shown = torch.zeros(count, LAYERS + 1, device=dev).scatter_add_(
            1, flat, torch.ones_like(flat, dtype=torch.float32)
        )
        weak = (shown < MIN_AREA * flat.shape[1]) | (shown < MIN_VISIBLE * canvas.full)
        weak[:, 0] = False
        part = torch.where((objects > 0) & (part > 0), objects * PARTS + part, torch.zeros_like(part))
        group_of = upload(np.pad(plan.group, ((0, 0), (1, 0))), dev)
        group = group_of.gather(1, flat).view_as(objects)
        ignored = weak.gather(1, flat).view_as(objects)
        objects[ignored], group[ignored], part[ignored] = IGNORE, IGNORE, 0
        bars = outside.repeat_interleave(CELL, 1).repeat_interleave(CELL, 2).unsqueeze(1)
        picture = torch.where(bars, torch.full((), LETTERBOX, device=dev), picture)
        shadow, soft = canvas.cropped(canvas.shadow).float(), canvas.cropped(canvas.soft).float()
        shadow = torch.where(outside | (shadow < SHADOW_SEEN), 0.0, shadow)
        names = np.pad(self.atlas.kind[plan.sprite], ((0, 0), (1, 0)), constant_values="ground")
        kind, single = self._kinds(plan, names)
        return Batch(
            picture.contiguous(memory_format=torch.channels_last), objects, part, group, shadow,
            torch.where(outside, 0.0, soft), canvas.covers, kind, single, names, ground_kind,
        )  # fmt: skip

    def _outside(self, plan: Plan) -> Tensor:
        """(B, H, H) bool: the bars of letterboxed pictures."""
        cells = self.size // CELL
        line = torch.from_numpy(np.abs((np.arange(cells) + 0.5) / cells * 2 - 1).astype(np.float32)).to(
            self.atlas.device
        )
        frame = upload(plan.frame, self.atlas.device, torch.float32)
        return (line[None, None] > frame[:, :1, None]) | (line[None, :, None] > frame[:, 1:, None])

    def _kinds(self, plan: Plan, names: np.ndarray) -> tuple[Tensor, Tensor]:
        kind = np.select([np.isin(names, TEXT), np.isin(names, SHAPES), np.isin(names, SOFT)], [1, 2, 3], 0)
        plain = ~np.pad(self.atlas.has_parts[plan.sprite], ((0, 0), (1, 0)))
        single = plain & np.isin(names, (*TEXT, *SHAPES, *SOFT))  # of the others the parts are not known
        return upload(kind, self.atlas.device), upload(single, self.atlas.device)
