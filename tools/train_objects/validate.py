"""The validation table: composites of held-out sprites on held-out grounds, always the same ones."""

from collections import defaultdict
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor

from .automatic import MIN_CELLS, Candidate, grid_points, iou_matrix, keep_best, stability
from .compose import IGNORE, Batch, Composer
from .losses import order_loss, overlap, sample, targets
from .model import DENSE, LEVELS, ObjectNet, masks

SEED = 77
SCORE = 0.45  # least score of a mask that the automatic result keeps
MOST_POINTS = 400  # points of the grid whose masks are looked at


def automatic(net: ObjectNet, encoded: tuple[Tensor, ...], level: int = 1) -> Candidate:
    """Masks of one level over one picture (its encoding, batch of one), doubles dropped."""
    xy = torch.from_numpy(grid_points()).to(encoded[0].device)[None]
    own, scalars = net.points(*encoded[:4], xy)
    there = torch.nn.functional.grid_sample(
        encoded[5][:, :1].float().sigmoid(), (xy * 2 - 1).unsqueeze(1), align_corners=False
    )
    score = scalars[0, :, level].float().sigmoid() * there[0, 0, 0].sqrt()
    point = torch.where(score > SCORE)[0]
    point = point[score[point].argsort(descending=True)][:MOST_POINTS]
    side = encoded[4].shape[-1]
    if not len(point):
        return Candidate(np.zeros((0, side, side), bool), np.zeros(0), np.zeros(0, int))
    logits = torch.cat([masks(encoded[4], own[:, p], xy[:, p])[0, :, level] for p in point.split(100)]).cpu().numpy()
    found = Candidate(logits > 0, score[point].cpu().numpy() * np.sqrt(stability(logits)), point.cpu().numpy())
    return keep_best(found, SCORE * 0.8)


class Table:
    """Collects results; `values` gives means and shares, `kinds` and `grounds` the one-point object IoU of each."""

    def __init__(self) -> None:
        self.lists: dict[str, list[float]] = defaultdict(list)
        self.kinds: dict[str, list[float]] = defaultdict(list)
        self.grounds: dict[str, list[float]] = defaultdict(list)
        self.found = self.true = self.hit50 = self.hit75 = 0

    def masks_found(self, mine: np.ndarray, true: np.ndarray) -> None:
        self.found, self.true = self.found + len(mine), self.true + len(true)
        if not len(true):
            return
        match = iou_matrix(mine, true) if len(mine) else np.zeros((1, len(true)))
        self.lists["best_iou"] += match.max(0).tolist()
        self.hit50 += self._hits(match, 0.5)
        self.hit75 += self._hits(match, 0.75)

    @staticmethod
    def _hits(match: np.ndarray, least: float) -> int:
        """Pairs of a mask and a thing, one to one, best first."""
        pairs = sorted(((match[i, j], i, j) for i, j in zip(*np.where(match >= least), strict=True)), reverse=True)
        mine, true = set(), set()
        for _, i, j in pairs:
            if i not in mine and j not in true:
                mine.add(i)
                true.add(j)
        return len(true)

    def values(self) -> dict:
        precision, recall = self.hit50 / max(1, self.found), self.hit50 / max(1, self.true)
        means = {name: round(float(np.mean(values)), 4) for name, values in self.lists.items() if values}
        return {
            **means, "things": self.true, "masks": self.found, "recall_50": round(recall, 4),
            "recall_75": round(self.hit75 / max(1, self.true), 4), "precision_50": round(precision, 4),
            "f1_50": round(2 * precision * recall / max(1e-9, precision + recall), 4),
            "by_kind": {k: round(float(np.mean(v)), 3) for k, v in sorted(self.kinds.items())},
            "by_ground": {k: round(float(np.mean(v)), 3) for k, v in sorted(self.grounds.items())},
        }  # fmt: skip


def _points(net: ObjectNet, batch: Batch, encoded: tuple[Tensor, ...], table: Table) -> None:
    points = sample(batch, 12, 8, 0)
    own, scalars = net.points(*encoded[:4], points.xy)
    logits = masks(encoded[4], own, points.xy).flatten(3)
    true, known = targets(batch, points)
    valid = (batch.object != IGNORE).flatten(1)[:, None, None]
    right = overlap(logits, true, valid)
    for number, level in enumerate(LEVELS):
        table.lists[f"one_point_{level}"] += right[..., number][known[..., number]].tolist()
    any_level = torch.stack([overlap(logits[:, :, i : i + 1], true[:, :, 1:2], valid)[..., 0] for i in range(3)]).amax(
        0
    )
    table.lists["one_point_object_any_level"] += any_level[points.on_object].tolist()
    _, order_right, pairs = order_loss(scalars[..., 3].float(), points, batch.covers)
    table.lists["order_right"] += [order_right.item()] * int(pairs)
    kind = batch.kind.gather(1, torch.where(points.on_object, points.object, 0))
    table.lists["kind_right"] += (scalars[..., 4:].argmax(-1) == kind)[points.on_object].float().tolist()
    for image, item in zip(*torch.where(points.on_object), strict=True):
        value = right[image, item, 1].item()
        table.kinds[str(batch.sprite_kind[image, points.object[image, item]])].append(value)
        table.grounds[batch.ground_kind[image]].append(value)


def _dense(batch: Batch, dense: Tensor, table: Table) -> None:
    valid = batch.object != IGNORE
    mine, true = (dense[:, 0] > 0) & valid, (batch.object > 0) & valid
    table.lists["objectness_iou"].append(((mine & true).sum() / (mine | true).sum().clamp_min(1)).item())
    for name, target in (("shadow", batch.shadow), ("soft", batch.soft)):
        mine = dense[:, DENSE.index(name)].sigmoid()
        table.lists[name + "_error"].append((mine - target).abs()[valid].mean().item())
        seen, there = (mine > 0.15) & valid, (target > 0.15) & valid
        if there.sum() > 100:
            table.lists[name + "_iou"].append(((seen & there).sum() / (seen | there).sum()).item())


@torch.no_grad()
def validate(
    net: ObjectNet, composer: Composer, pictures: int, amp: AbstractContextManager, batch_size: int = 16
) -> dict:
    """Runs the network over `pictures` composites; the table as a dict."""
    net.eval()
    table = Table()
    torch.manual_seed(SEED)
    for _ in range(max(1, pictures // batch_size)):
        batch = composer.batch(batch_size)
        with amp:
            encoded = tuple(x.float() for x in net.encode(batch.picture))
        _points(net, batch, encoded, table)
        _dense(batch, encoded[5], table)
        for image in range(batch_size):
            one = tuple(x[image : image + 1] for x in encoded)
            label = batch.object[image].cpu().numpy()
            things = [n for n in np.unique(label) if 0 < n < IGNORE]
            mine = automatic(net, one).mask & (label != IGNORE)
            true = np.stack([label == n for n in things]) if things else np.zeros((0, *label.shape), bool)
            table.masks_found(mine[mine.sum((1, 2)) >= MIN_CELLS], true)
    return table.values()
