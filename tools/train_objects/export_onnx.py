"""Turns a checkpoint into two ONNX files: the encoder (once a picture) and the point head (once a set of points).

usage: python -m train_objects.export_onnx CHECKPOINT.safetensors OUT_FOLDER [--size 640]

The weights are kept in half precision with a Cast in front of each, which onnxruntime folds when it loads: half the
file, float32 arithmetic. Needs the package `onnx`.
"""

import argparse
import hashlib
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from .model import ObjectNet
from .train import load

OPSET = 17
SMALL = 256  # numbers; smaller tensors stay in float32
ENCODED = ("p4", "p8", "p16", "p32", "features", "dense")


class Encoder(nn.Module):
    def __init__(self, net: ObjectNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        return self.net.encode(picture)


class PointHead(nn.Module):
    def __init__(self, net: ObjectNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, p4: Tensor, p8: Tensor, p16: Tensor, p32: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        return self.net.points(p4, p8, p16, p32, points)


def halve(path: Path) -> None:
    """Stores large float32 weights of an ONNX file as float16."""
    model = onnx.load(path)
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size > SMALL:
            kept.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half"))
            casts.append(helper.make_node("Cast", [tensor.name + "_half"], [tensor.name], to=onnx.TensorProto.FLOAT))
        else:
            kept.append(tensor)
    nodes = casts + list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def export(net: ObjectNet, folder: Path, size: int) -> list[Path]:
    """Writes `encoder.onnx` and `points.onnx`."""
    picture, points = torch.rand(1, 3, size, size), torch.rand(1, 64, 2)
    with torch.no_grad():
        encoded = net.encode(picture)
    paths = [folder / "encoder.onnx", folder / "points.onnx"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's word that a newer one exists
        common = {"opset_version": OPSET, "do_constant_folding": True, "dynamo": False}
        torch.onnx.export(
            Encoder(net).eval(),
            (picture,),
            str(paths[0]),
            input_names=["picture"],
            output_names=list(ENCODED),
            **common,
        )
        torch.onnx.export(
            PointHead(net).eval(), (*encoded[:4], points), str(paths[1]), input_names=[*ENCODED[:4], "points"],
            output_names=["own", "scalars"], **common,
            dynamic_axes={"points": {1: "n"}, "own": {1: "n"}, "scalars": {1: "n"}},
        )  # fmt: skip
    for path in paths:
        halve(path)
    return paths


def difference(net: ObjectNet, paths: list[Path], size: int) -> dict[str, float]:
    """Largest difference between PyTorch and onnxruntime, relative to the largest value, for each output."""
    picture, points = torch.rand(1, 3, size, size), torch.rand(1, 16, 2)
    sessions = [onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]) for path in paths]
    encoded = sessions[0].run(None, {"picture": picture.numpy()})
    feed = dict(zip([*ENCODED[:4], "points"], [*encoded[:4], points.numpy()], strict=True))
    mine = [*encoded, *sessions[1].run(None, feed)]
    with torch.no_grad():
        true = net.encode(picture)
        true = [*true, *net.points(*true[:4], points)]
    names = [*ENCODED, "own", "scalars"]
    return {
        name: float(np.abs(a - b.numpy()).max() / b.abs().max()) for name, a, b in zip(names, mine, true, strict=True)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=640)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    net = ObjectNet().eval()
    load(net, args.checkpoint)
    paths = export(net, args.folder, args.size)
    for path in paths:
        print(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    print({name: round(value, 5) for name, value in difference(net, paths, args.size).items()})


if __name__ == "__main__":
    main()
