"""Scores engines on designs: `python -m tests.bench.layers.score FOLDER... [--found COMMAND] [--baselines]`.

A folder is a design or holds designs. `--found` is the command of another version of Unflatten (`.venv/bin/unflatten`
of its own clone), scored in the same run; `--baselines` adds a background remover and colour clustering.
"""

from __future__ import annotations

import argparse
import json
import resource
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from tests.bench.layers import layerd
from tests.bench.layers.design import Design, Pixels, read
from tests.bench.layers.match import GOOD, alpha_of, match, matte_errors, order_right, soft_iou
from tests.bench.layers.predict import Method, Prediction, colours, cut_out, engine, program

MOVED = 3
"""Steps of 255 from which a background pixel that the lift moved is a ghost."""
HIDDEN = 0.5
"""Alpha of what lies above from which a pixel of the ground counts as hidden, and its fill as invented."""
LARGEST_PSNR = 60.0
"""dB that a perfect fill counts as, so that one such design does not decide a mean."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One design by one method. NaN where a design has nothing to measure by.

    Attributes:
        iou, text_iou: mean soft IoU of true layers with their partners; of text layers alone.
        good: share of true layers over .8 IoU. ratio: predicted layers per true layer.
        over, under: layers that were cut into several, or hold several.
        rgb0, alpha0, rgb5, alpha5: LayerD's protocol with 0 and 5 merges.
        order: share of overlapping pairs in the right order.
        ghost: share of the ground's pixels that the lift moved by more than 3/255.
        fill: PSNR in dB of the ground where it was hidden.
        sad, gradient: of the matched layers' mattes, thousands of px.
        error: largest difference of the stack from the picture, 0..255. seconds: of processor time.
    """

    iou: float
    text_iou: float
    good: float
    ratio: float
    over: int
    under: int
    rgb0: float
    alpha0: float
    rgb5: float
    alpha5: float
    order: float
    ghost: float
    fill: float
    sad: float
    gradient: float
    error: int
    seconds: float


def score(design: Design, made: Prediction) -> Scores:
    """Every figure for one design."""
    true = design.layers[1:]
    found = made.objects
    matching = match(true, found)
    ious = np.array(matching.iou)
    texts = [n for n, kind in enumerate(design.kinds[1:]) if kind == "text"]
    merged = layerd.scores(design.layers, made.layers)
    right, pairs = order_right(true, matching.partner)
    mattes = [matte_errors(t, found[p]) for t, p in zip(true, matching.partner, strict=True) if p >= 0]
    return Scores(
        iou=matching.mean,
        text_iou=float(ious[texts].mean()) if texts else float("nan"),
        good=float((ious > GOOD).mean()) if len(ious) else float("nan"),
        ratio=len(found) / max(1, len(true)),
        over=matching.over,
        under=matching.under,
        rgb0=merged[0].rgb_l1,
        alpha0=merged[0].iou,
        rgb5=merged[-1].rgb_l1,
        alpha5=merged[-1].iou,
        order=right / pairs if pairs else float("nan"),
        ghost=ghost(made),
        fill=fill(design, made),
        sad=float(np.mean([s for s, _ in mattes])) if mattes else float("nan"),
        gradient=float(np.mean([g for _, g in mattes])) if mattes else float("nan"),
        error=made.stack_error(design.input),
        seconds=made.seconds,
    )


def ghost(made: Prediction) -> float:
    """Share of the lowest ground's pixels that the lift moved by more than 3/255; NaN where nothing tells."""
    if not made.raw or 0 not in made.grounds:
        return float("nan")
    before = max(made.raw[:1] + made.raw, key=lambda layer: soft_iou(alpha_of(layer), alpha_of(made.layers[0])))
    here = (before[..., 3] > 0) & (made.layers[0][..., 3] > 0)
    moved = np.abs(before[..., :3].astype(np.int16) - made.layers[0][..., :3]).max(2) > MOVED
    return float(moved[here].mean()) if here.any() else float("nan")


def fill(design: Design, made: Prediction) -> float:
    """PSNR, dB, of the predicted ground against the true one where something hides it."""
    hidden = np.zeros(design.input.shape[:2], np.float32)
    for layer in design.layers[1:]:
        hidden = np.maximum(hidden, alpha_of(layer))
    where = hidden > HIDDEN
    if not where.any() or not made.layers:
        return float("nan")
    difference = design.layers[0][where][:, :3].astype(np.float64) - made.layers[0][where][:, :3]
    error = float((difference**2).mean())
    return min(LARGEST_PSNR, 10 * np.log10(255**2 / max(error, 1e-9)))


def designs_in(folders: Iterable[Path]) -> list[Path]:
    """The folders that are designs, themselves or one level down. Raises FileNotFoundError where there is none."""
    found = [f for folder in folders for f in (folder, *sorted(folder.iterdir())) if (f / "input.png").is_file()]
    if not found:
        raise FileNotFoundError("no folder with an input.png was given")
    return found


ROWS = (
    ("layer IoU", "iou", "{:.3f}"),
    ("text layers, IoU", "text_iou", "{:.3f}"),
    ("layers over .8 IoU", "good", "{:.1%}"),
    ("predicted layers per true layer", "ratio", "{:.2f}"),
    ("cut into several, a design", "over", "{:.2f}"),
    ("hold several, a design", "under", "{:.2f}"),
    ("LayerD, 0 merges, RGB L1", "rgb0", "{:.3f}"),
    ("LayerD, 0 merges, alpha IoU", "alpha0", "{:.3f}"),
    ("LayerD, 5 merges, RGB L1", "rgb5", "{:.3f}"),
    ("LayerD, 5 merges, alpha IoU", "alpha5", "{:.3f}"),
    ("order of overlapping pairs right", "order", "{:.1%}"),
    ("ghost, mean", "ghost", "{:.4f}"),
    ("fill, PSNR dB", "fill", "{:.1f}"),
    ("matte SAD, 1000 px", "sad", "{:.2f}"),
    ("matte gradient, 1000", "gradient", "{:.3f}"),
    ("processor seconds, mean", "seconds", "{:.2f}"),
)

WORST = (
    ("ghost, worst", "ghost", "{:.4f}"),
    ("stack-back, worst", "error", "{:.0f}"),
    ("processor seconds, worst", "seconds", "{:.2f}"),
)


def table(scored: dict[str, list[Scores]], busy: list[bool]) -> str:
    """A Markdown table: each method on plain grounds, on busy ones, and on all."""
    parts = {"plain": [n for n, b in enumerate(busy) if not b], "busy": [n for n, b in enumerate(busy) if b]}
    heads = [(method, part) for method in scored for part in parts if parts[part]]
    lines = ["| what | " + " | ".join(f"{m}, {p}" for m, p in heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for title, name, form in ROWS:
        cells = [form.format(_mean(getattr(scored[m][n], name) for n in parts[p])) for m, p in heads]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    for title, name, form in WORST:
        cells = [form.format(max((getattr(scored[m][n], name) for n in parts[p]), default=0)) for m, p in heads]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _mean(values: Iterable[float]) -> float:
    known = [v for v in values if not np.isnan(v)]
    return float(np.mean(known)) if known else float("nan")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--found", help="another version's command")
    parser.add_argument("--baselines", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--limit", type=int, default=10_000)
    given = parser.parse_args()
    methods: dict[str, Method] = {"engine": engine}
    if given.found:
        methods["as found"] = program(given.found, "--engine", "builtin")
    if given.baselines:
        methods |= {"u2netp cut-out": cut_out, "colour clusters": colours}
    paths = designs_in(given.folders)[: given.limit]
    scored: dict[str, list[Scores]] = {name: [] for name in methods}
    busy: list[bool] = []
    for number, path in enumerate(paths):
        design = read(path)
        busy.append(design.busy)
        for name, method in methods.items():
            scored[name].append(score(design, method(design.input)))
        print(f"\r{number + 1} of {len(paths)} {path.name}", end="", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\n\n{table(scored, busy)}\n\n{len(paths)} designs, {sum(busy)} on busy grounds; {peak:.1f} GB at most.")
    if given.json:
        rows = [
            {"design": str(path), "busy": b, **{m: asdict(scored[m][n]) for m in scored}}
            for n, (path, b) in enumerate(zip(paths, busy, strict=True))
        ]
        given.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def differs(a: Iterable[Pixels], b: Iterable[Pixels]) -> bool:
    """Whether two runs gave other bytes."""
    return any(not np.array_equal(x, y) for x, y in zip(a, b, strict=True))


__all__ = ["Scores", "designs_in", "differs", "fields", "fill", "ghost", "score", "table"]

if __name__ == "__main__":
    main()
