"""Losses of the object network on a batch of composites."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .compose import IGNORE, PARTS, Batch
from .model import LEVELS, masks
from .plan import LAYERS

OBJECT_POINTS, PART_POINTS, GROUND_POINTS = 10, 8, 5  # points asked about, a picture
LEVEL_WEIGHT = (0.7, 1.0, 0.7)  # part, object, group
PAIR_CELLS = 10.0  # mask pixels two things must overlap by for their order to be asked
WEIGHT = {"dice": 1.0, "bce": 2.0, "iou": 0.5, "order": 0.3, "kind": 0.2, "dense": 2.0}
NAMES = (*WEIGHT, *(f"iou_{level}" for level in LEVELS), "order_right")  # what `losses` reports
DENSE_WEIGHT = (0.25, 0.25, 0.15, 0.15, 0.15)  # in the order of model.DENSE
_ROOM = IGNORE * PARTS + PARTS  # numbers a part can have


@dataclass
class Points:
    """Points and the truth there: `xy` (B, N, 2) 0..1; `object`, `group`, `part` (B, N) labels."""

    xy: Tensor
    object: Tensor
    group: Tensor
    part: Tensor

    @property
    def on_object(self) -> Tensor:
        return (self.object > 0) & (self.object < IGNORE)


def _rarity(labels: Tensor, valid: Tensor, room: int) -> Tensor:
    """One over the area of the label at each pixel, 0 where not valid: (B, HW)."""
    labels = torch.where(valid, labels, 0)
    counts = torch.zeros(labels.shape[0], room, device=labels.device)
    counts.scatter_add_(1, labels, torch.ones_like(labels, dtype=torch.float32))
    return torch.where(valid, 1 / counts.gather(1, labels).clamp_min(1), 0.0)


def sample(batch: Batch, objects: int, parts: int, ground: int) -> Points:
    """Points anywhere on things, each thing (and each part) as likely as another; and some on the ground."""
    label, part = batch.object.flatten(1), batch.part.flatten(1)
    side = batch.object.shape[-1]
    on = (label > 0) & (label < IGNORE)
    tiny = 1e-9  # so that a picture without any such pixel still yields points
    chosen = [torch.multinomial(_rarity(label, on, IGNORE + 1) + tiny, objects, replacement=True)]
    if parts:
        chosen.append(torch.multinomial(_rarity(part, part > 0, _ROOM) + tiny, parts, replacement=True))
    if ground:
        chosen.append(torch.multinomial((label == 0).float() + tiny, ground, replacement=True))
    at = torch.cat(chosen, 1)
    cell = torch.stack([at % side, torch.div(at, side, rounding_mode="floor")], -1).float()
    xy = (cell + torch.rand(*at.shape, 2, device=at.device)) / side
    return Points(xy, label.gather(1, at), batch.group.flatten(1).gather(1, at), part.gather(1, at))


def targets(batch: Batch, points: Points) -> tuple[Tensor, Tensor]:
    """True masks (B, N, 3, HW) bool and which of them are known (B, N, 3) bool."""
    on = points.on_object
    index = torch.where(on, points.object, 0)
    whole = batch.object.flatten(1).unsqueeze(1) == points.object.unsqueeze(2)
    part = batch.part.flatten(1).unsqueeze(1) == points.part.unsqueeze(2)
    single = batch.single.gather(1, index.clamp_max(LAYERS))
    part = torch.where(single.unsqueeze(2), whole, part)
    group = batch.group.flatten(1).unsqueeze(1) == points.group.unsqueeze(2)
    true = torch.stack([part, whole, group], 2) & on[:, :, None, None]
    known = torch.stack([on & ((points.part > 0) | single), on, on], 2)
    return true, known


def overlap(logits: Tensor, true: Tensor, valid: Tensor) -> Tensor:
    """Intersection over union of masks above 0: (B, N, 3)."""
    mine = (logits > 0) & valid
    return (mine & true).sum(-1) / ((mine | true) & valid).sum(-1).clamp_min(1)


def boundary(labels: Tensor) -> Tensor:
    """(B, H, W) float: 1 where a neighbour has another label."""
    padded = functional.pad(labels[:, None].float(), (1, 1, 1, 1), mode="replicate")
    return ((functional.max_pool2d(padded, 3, 1) + functional.max_pool2d(-padded, 3, 1)) > 0).float()[:, 0]


def dense_loss(logits: Tensor, batch: Batch) -> Tensor:
    """The dense maps against the labels; shadow and soft are shares, so their targets lie between 0 and 1."""
    valid = (batch.object != IGNORE).float()
    index = torch.where(batch.object == IGNORE, 0, batch.object)
    kind = batch.kind.gather(1, index.flatten(1)).view_as(index)
    thing = (index > 0).float()
    true = (thing, boundary(batch.object), batch.shadow, batch.soft, thing * (kind == 1))
    total = logits.new_zeros(())
    for channel, (weight, target) in enumerate(zip(DENSE_WEIGHT, true, strict=True)):
        loss = functional.binary_cross_entropy_with_logits(logits[:, channel], target, reduction="none")
        total = total + weight * (loss * valid).mean()
    return total


def order_loss(depth: Tensor, points: Points, covers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of two things that overlap, the one in front shall have the greater depth (B, N); (loss, share right,
    how many pairs there were)."""
    count = depth.shape[1]
    index = torch.where(points.on_object, points.object, 0).clamp_max(LAYERS)
    row = index.unsqueeze(2).expand(-1, -1, count)
    over = covers.gather(1, row.reshape(len(depth), -1, 1).expand(-1, -1, LAYERS + 1))
    over = over.view(len(depth), count, count, LAYERS + 1).gather(
        3, index.view(-1, 1, count, 1).expand(-1, count, -1, 1)
    )[..., 0]
    known = points.on_object.unsqueeze(2) & points.on_object.unsqueeze(1) & (over > PAIR_CELLS)
    known = known & (over > over.transpose(1, 2))
    lead = depth.unsqueeze(2) - depth.unsqueeze(1)
    pairs = known.sum()
    number = pairs.clamp_min(1)
    return (functional.softplus(-lead) * known).sum() / number, ((lead > 0) & known).sum() / number, pairs


def losses(net: nn.Module, batch: Batch, amp: AbstractContextManager) -> tuple[Tensor, Tensor]:
    """The total loss, and the numbers of NAMES as one tensor."""
    points = sample(batch, OBJECT_POINTS, PART_POINTS, GROUND_POINTS)
    with amp:
        features, dense, own, scalars = net(batch.picture, points.xy)
    dense, scalars = dense.float(), scalars.float()
    logits = masks(features, own, points.xy).flatten(3)
    true, known = targets(batch, points)
    valid = (batch.object != IGNORE).flatten(1)[:, None, None]
    weight = known * torch.tensor(LEVEL_WEIGHT, device=known.device)
    number = weight.sum().clamp_min(1)
    goal = true.float()
    chance = logits.sigmoid() * valid
    dice = 1 - (2 * (chance * goal).sum(-1) + 1) / (chance.square().sum(-1) + (goal * valid).sum(-1) + 1)
    bce = (functional.binary_cross_entropy_with_logits(logits, goal, reduction="none") * valid).mean(-1)
    with torch.no_grad():
        right = overlap(logits, true, valid)
    asked = known | (points.object == 0).unsqueeze(2)  # on the ground every mask is wrong, and that is known
    iou = functional.binary_cross_entropy_with_logits(scalars[..., :3], right * known, reduction="none")
    order, order_right, _ = order_loss(scalars[..., 3], points, batch.covers)
    on = points.on_object
    kind = batch.kind.gather(1, torch.where(on, points.object, 0).clamp_max(LAYERS))
    named = functional.cross_entropy(scalars[..., 4:].flatten(0, 1), kind.flatten(), reduction="none").view_as(kind)
    terms = {
        "dice": (dice * weight).sum() / number,
        "bce": (bce * weight).sum() / number,
        "iou": (iou * asked).sum() / asked.sum().clamp_min(1),
        "order": order,
        "kind": (named * on).sum() / on.sum().clamp_min(1),
        "dense": dense_loss(dense, batch),
    }
    total = torch.stack([WEIGHT[name] * value for name, value in terms.items()]).sum()
    reached = [(right[..., i] * known[..., i]).sum() / known[..., i].sum().clamp_min(1) for i in range(3)]
    return total, torch.stack([*terms.values(), *reached, order_right]).detach()
