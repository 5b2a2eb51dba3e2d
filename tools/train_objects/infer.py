"""A small reference of how the network is used, to look at what it finds. Needs numpy, Pillow and onnxruntime.

usage: python -m train_objects.infer MODEL_FOLDER OUT_FOLDER PICTURE... [--threads 2]

For each picture a sheet: the picture; its objects; its parts; its groups; objectness, shadow and soft effects.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from .automatic import MIN_CELLS, Candidate, grid_points, keep_best, sigmoid, stability

HIDDEN, COORDINATE_GAIN = 16, 4.0  # as in model.py
LEVELS = ("part", "object", "group")
DENSE = ("object", "boundary", "shadow", "soft", "text")
BAR = 0.5  # grey of the letterbox
SCORE = 0.45  # least score of a point's mask
POINTS_AT_ONCE = 64
COARSE = 2  # doubles are looked for on every second mask pixel: a quarter of the work
MOST_POINTS = 400


@dataclass
class Encoding:
    """What the encoder made of a picture: `maps` its outputs by name; `inside` (x0, y0, x1, y1) of the picture in its
    letterboxed square, 0..1."""

    maps: dict[str, np.ndarray]
    inside: tuple[float, float, float, float]


class Finder:
    """Both ONNX files, and what to ask of them."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.encoder, self.head = (
            onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
            for name in ("encoder.onnx", "points.onnx")
        )
        self.size = self.encoder.get_inputs()[0].shape[-1]
        self.names = [output.name for output in self.encoder.get_outputs()]

    def encode(self, picture: Image.Image) -> Encoding:
        """Letterboxes an RGB picture and encodes it."""
        scale = self.size / max(picture.size)
        wide, high = (max(1, round(side * scale)) for side in picture.size)
        square = Image.new("RGB", (self.size, self.size), (round(BAR * 255),) * 3)
        x, y = (self.size - wide) // 2, (self.size - high) // 2
        square.paste(picture.resize((wide, high), Image.Resampling.LANCZOS), (x, y))
        values = np.asarray(square, np.float32).transpose(2, 0, 1)[None] / 255
        maps = dict(zip(self.names, self.encoder.run(None, {"picture": values}), strict=True))
        inside = (x / self.size, y / self.size, (x + wide) / self.size, (y + high) / self.size)
        return Encoding(maps, inside)

    def ask(self, encoding: Encoding, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """points (n, 2) in the square, 0..1 -> own networks (n, P), scalars (n, S)."""
        feed = {name: encoding.maps[name] for name in ("p4", "p8", "p16", "p32")}
        own, scalars = self.head.run(None, {**feed, "points": points[None].astype(np.float32)})
        return own[0], scalars[0]

    def masks(self, encoding: Encoding, own: np.ndarray, points: np.ndarray, step: int = 1) -> np.ndarray:
        """Mask logits (n, 3, H, W) of points and their networks, of every `step`th mask pixel."""
        features = encoding.maps["features"][0]
        channels, high, wide = features.shape
        y, x = np.mgrid[0:high:step, 0:wide:step].astype(np.float32)
        place = np.stack([(x + 0.5) / wide, (y + 0.5) / high]) * np.float32(COORDINATE_GAIN)
        inputs = np.concatenate([features[:, ::step, ::step], place]).reshape(channels + 2, -1)
        count, width = len(own), channels + 2
        weight1, rest = np.split(own, [HIDDEN * width], 1)
        weight1 = weight1.reshape(count, HIDDEN, width)
        bias1 = rest[:, :HIDDEN] - (weight1[..., channels:] * (points * COORDINATE_GAIN)[:, None]).sum(-1)
        hidden = np.maximum(weight1.reshape(-1, width) @ inputs + bias1.reshape(-1, 1), 0).reshape(
            count, HIDDEN, x.size
        )
        rest = rest[:, HIDDEN:]
        weight2, bias2 = rest[:, : HIDDEN**2].reshape(count, HIDDEN, HIDDEN), rest[:, HIDDEN**2 : HIDDEN**2 + HIDDEN]
        hidden = np.maximum(weight2 @ hidden + bias2[..., None], 0)
        rest = rest[:, HIDDEN**2 + HIDDEN :]
        return (rest[:, :-3].reshape(count, 3, HIDDEN) @ hidden + rest[:, -3:, None]).reshape(count, 3, *x.shape)

    def automatic(self, encoding: Encoding) -> dict[str, Candidate]:
        """The masks of every level, doubles dropped."""
        points = grid_points()
        x0, y0, x1, y1 = encoding.inside
        points = points[(points[:, 0] > x0) & (points[:, 0] < x1) & (points[:, 1] > y0) & (points[:, 1] < y1)]
        own, scalars = self.ask(encoding, points)
        there = sigmoid(encoding.maps["dense"][0, 0])
        side = there.shape[0]
        column, row = (points * side).astype(int).T
        score = sigmoid(scalars[:, :3]) * np.sqrt(there[row, column])[:, None]
        best = np.argsort(-score.max(1), kind="stable")
        best = best[score[best].max(1) > SCORE][:MOST_POINTS]
        chunks = [best[i : i + POINTS_AT_ONCE] for i in range(0, len(best), POINTS_AT_ONCE)]
        logits = [self.masks(encoding, own[chunk], points[chunk], COARSE) for chunk in chunks]
        found = {}
        for number, level in enumerate(LEVELS):
            if not chunks:
                found[level] = Candidate(np.zeros((0, side, side), bool), np.zeros(0), np.zeros(0, int))
                continue
            one = np.concatenate([chunk[:, number] for chunk in logits])
            candidate = Candidate(one > 0, score[best, number] * np.sqrt(stability(one)), best)
            kept = keep_best(candidate, SCORE * 0.8, least=MIN_CELLS / COARSE**2)
            fine = self.masks(encoding, own[kept.point], points[kept.point])[:, number] > 0
            found[level] = Candidate(fine, kept.score, kept.point)
        return found


def label_map(found: Candidate) -> np.ndarray:
    """(H, W) numbers from 1, small masks over large; 0 where there is none."""
    labels = np.zeros(found.mask.shape[1:], np.int32)
    for number, index in enumerate(np.argsort(-found.mask.sum((1, 2)), kind="stable"), 1):
        labels[found.mask[index]] = number
    return labels


def overlay(picture: Image.Image, labels: np.ndarray) -> Image.Image:
    """The picture with every label in its own colour; `labels` covers just the picture."""
    colours = np.random.default_rng(4).integers(40, 256, (256, 3))
    large = np.asarray(Image.fromarray(labels.astype(np.uint8)).resize(picture.size, Image.Resampling.NEAREST)).astype(
        int
    )
    base = np.asarray(picture, np.float32)
    out = np.where(large[..., None] > 0, base * 0.4 + colours[large] * 0.6, base * 0.35 + 50)
    edge = np.zeros(large.shape, bool)
    edge[:, 1:] |= large[:, 1:] != large[:, :-1]
    edge[1:] |= large[1:] != large[:-1]
    out[edge] = 0
    return Image.fromarray(out.clip(0, 255).astype(np.uint8))


def cropped(values: np.ndarray, inside: tuple[float, float, float, float]) -> np.ndarray:
    side = values.shape[0]
    x0, y0, x1, y1 = (round(v * side) for v in inside)
    return values[y0:y1, x0:x1]


def sheet(picture: Image.Image, encoding: Encoding, found: dict[str, Candidate]) -> Image.Image:
    levels = [cropped(label_map(found[level]), encoding.inside) for level in ("object", "part", "group")]
    tiles = [picture, *(overlay(picture, labels) for labels in levels)]
    dense = sigmoid(encoding.maps["dense"][0])
    maps = [cropped(dense[DENSE.index(name)], encoding.inside) for name in ("object", "shadow", "soft")]
    three = np.stack(maps, -1)  # red object, green shadow, blue soft
    tiles.append(Image.fromarray((three * 255).astype(np.uint8)).resize(picture.size))
    wide, high = picture.size
    out = Image.new("RGB", (wide * len(tiles), high))
    for number, tile in enumerate(tiles):
        out.paste(tile, (number * wide, 0))
    return out


def opened(path: Path, side: int = 640) -> Image.Image:
    """A picture on white, at most `side` px."""
    picture = Image.open(path).convert("RGBA")
    white = Image.new("RGBA", picture.size, (255,) * 4)
    white.alpha_composite(picture)
    white.thumbnail((side, side), Image.Resampling.LANCZOS)
    return white.convert("RGB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    finder = Finder(args.model, args.threads)
    for path in args.pictures:
        picture = opened(path)
        began, cpu = time.time(), time.process_time()
        encoding = finder.encode(picture)
        encoded = time.process_time() - cpu
        found = finder.automatic(encoding)
        spent = f"{time.time() - began:.2f} s, {time.process_time() - cpu:.2f} CPU s ({encoded:.2f} encoding)"
        print(path.name, {level: len(candidate.mask) for level, candidate in found.items()}, spent, flush=True)
        sheet(picture, encoding, found).save(args.out / f"{path.stem}.png")


if __name__ == "__main__":
    main()
