"""The training of the object network: what can be tried without a GPU and without its packages."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tools.train_objects import automatic, infer, losses, model
from tools.train_objects.compose import IGNORE, PARTS, Batch
from tools.train_objects.plan import LAYERS
from tools.train_objects.unpack_gcompris import free_names

SIDE = 16


@pytest.fixture
def net() -> model.ObjectNet:
    torch.manual_seed(1)
    return model.ObjectNet().eval()


def square(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def batch() -> Batch:
    """One picture: a thing of two parts on the left, one without parts on the right, one that hardly shows."""
    thing = torch.zeros(1, SIDE, SIDE, dtype=torch.int64)
    thing[:, 2:10, 1:6], thing[:, 4:12, 8:14], thing[:, 15:, 15:] = 1, 2, IGNORE
    part = torch.zeros_like(thing)
    part[:, 2:6, 1:6], part[:, 6:10, 1:6] = PARTS + 1, PARTS + 2
    group = torch.where((thing > 0) & (thing < IGNORE), 1, thing)
    covers = torch.zeros(1, LAYERS + 1, LAYERS + 1)
    covers[0, 2, 1] = 40
    zero, kind = torch.zeros(1, SIDE, SIDE), torch.zeros(1, LAYERS + 1, dtype=torch.int64)
    single, names = torch.zeros(1, LAYERS + 1, dtype=torch.bool), np.full((1, LAYERS + 1), "noto", object)
    return Batch(torch.zeros(1, 3, 64, 64), thing, part, group, zero, zero, covers, kind, single, names, ["gradient"])


def test_the_network_is_within_its_budget(net: model.ObjectNet) -> None:
    assert sum(p.numel() for p in net.parameters()) < 8_000_000


def test_both_ways_to_run_a_points_network_agree(net: model.ObjectNet) -> None:
    points = torch.rand(1, 5, 2)
    with torch.no_grad():
        p4, p8, p16, p32, features, _dense = net.encode(torch.rand(1, 3, 64, 64))
        own, scalars = net.points(p4, p8, p16, p32, points)
        expected = model.masks(features, own, points)[0].numpy()
    assert scalars.shape == (1, 5, model.SCALARS)
    finder = infer.Finder.__new__(infer.Finder)
    encoding = infer.Encoding({"features": features.numpy()}, (0, 0, 1, 1))
    found = finder.masks(encoding, own[0].numpy(), points[0].numpy())
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert finder.masks(encoding, own[0, :0].numpy(), points[0, :0].numpy()).shape == (0, 3, SIDE, SIDE)


def test_doubles_are_dropped_and_what_lies_inside_is_kept() -> None:
    masks = np.stack([square(1, 1, 13, 13), square(1, 1, 12, 13), square(3, 3, 8, 8), square(0, 0, 1, 2)])
    found = automatic.Candidate(masks, np.array([0.8, 0.9, 0.7, 0.95]), np.arange(4))
    assert automatic.keep_best(found, 0.4).point.tolist() == [1, 2]
    none = automatic.Candidate(masks[:0], found.score[:0], found.point[:0])
    assert len(automatic.keep_best(none, 0.4).mask) == 0


def test_truth_of_part_object_and_group() -> None:
    one = batch()
    xy = torch.tensor([[[3.5, 3.5], [10.5, 8.5], [0.5, 0.5]]]) / SIDE
    at = (xy[..., 1] * SIDE).long() * SIDE + (xy[..., 0] * SIDE).long()
    labels = [t.flatten(1).gather(1, at) for t in (one.object, one.group, one.part)]
    true, known = losses.targets(one, losses.Points(xy, *labels))
    areas = true.sum(-1)[0]
    assert areas[0].tolist() == [20, 40, 40 + 48]
    assert areas[1, 1:].tolist() == [48, 88]
    assert areas[2].tolist() == [0, 0, 0]
    assert known[0].tolist() == [[True, True, True], [False, True, True], [False, False, False]]


def test_points_lie_on_what_they_are_asked_for() -> None:
    torch.manual_seed(2)
    points = losses.sample(batch(), 40, 20, 10)
    assert set(points.object[0, :40].tolist()) == {1, 2}
    assert (points.part[0, 40:60] > 0).all()
    assert (points.object[0, 60:] == 0).all()


@pytest.mark.parametrize(("depths", "right"), [([0.0, 1.0], 1.0), ([1.0, 0.0], 0.0)])
def test_what_covers_is_in_front(depths: list[float], right: float) -> None:
    points = losses.Points(torch.zeros(1, 2, 2), torch.tensor([[1, 2]]), torch.ones(1, 2), torch.zeros(1, 2))
    loss, share, pairs = losses.order_loss(torch.tensor([depths]), points, batch().covers)
    assert pairs == 1
    assert share == right
    assert loss == pytest.approx(np.log1p(np.exp(-1)) if right else np.log1p(np.exp(1)), abs=1e-5)


def test_only_free_pictures_are_taken() -> None:
    text = """Files: a/one.jpg
       b/two.png
Copyright: A
License: CC-BY-2.0

Files: c/three.jpg
Copyright: B
License: CC-BY-SA-3.0

Files: d/*
Copyright: C
License: public-domain
"""
    assert free_names(text) == {"one", "two"}
