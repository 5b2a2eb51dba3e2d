"""Trains the object network on composites made on the fly.

usage: torchrun --nproc-per-node N -m train_objects.train --bank BANK.zip --minutes 9 --out OUT [--size 512]
       [--resume CHECKPOINT.safetensors | --imagenet WEIGHTS.pth]

Any number of GPUs, or the CPU. A run is a number of minutes, not of steps. It leaves
`network.safetensors` (averaged weights, half precision; saved every two minutes too), `curve.csv` and
`validation.json`. A later run goes on from the checkpoint with a short warm-up; optimiser moments are not kept.
"""

import argparse
import contextlib
import copy
import csv
import json
import math
import os
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .atlas import Atlas
from .compose import Composer
from .losses import NAMES, losses
from .model import ObjectNet
from .validate import SEED, validate

BACKBONE_RATE = 0.35  # the backbone knows pictures already: it learns more slowly
WARM_UP = 150  # steps
FLAT = 0.1  # share of the run at full rate before the cosine begins
EMA = 0.998
CLIP = 3.0
REPORT_SECONDS, SAVE_SECONDS = 10, 120
SYNC_STEPS = 8  # steps between looks at the first process's clock, so that all stop at the same step


class Asked(nn.Module):
    """The network as one call, so that several GPUs can share its gradients."""

    def __init__(self, net: ObjectNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, picture: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        *pyramid, features, dense = self.net.encode(picture)
        return features, dense, *self.net.points(*pyramid, points)


class Process:
    """This process among those that train together."""

    def __init__(self) -> None:
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.cuda = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if self.cuda else torch.device("cpu")
        if self.cuda:
            torch.cuda.set_device(self.device)
            torch.backends.cudnn.benchmark, torch.backends.cudnn.benchmark_limit = True, 2
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        if self.world > 1:
            dist.init_process_group("nccl" if self.cuda else "gloo", timeout=timedelta(minutes=4))
        self.began = time.time()

    @property
    def first(self) -> bool:
        return self.rank == 0

    def amp(self) -> AbstractContextManager:
        return torch.autocast("cuda", dtype=torch.bfloat16) if self.cuda else contextlib.nullcontext()

    def agree(self, value: float) -> float:
        """The first process's value."""
        if self.world == 1:
            return value
        shared = torch.tensor([value], device=self.device, dtype=torch.float64)
        dist.broadcast(shared, 0)
        return shared.item()

    def log(self, *words: object) -> None:
        if self.first:
            print(f"[{time.time() - self.began:6.1f}s]", *words, flush=True)


def save(net: ObjectNet, path: Path) -> None:
    """Half-precision weights, written beside and moved, so that a cut never leaves half a file."""
    state = {k: (v.half() if v.is_floating_point() else v).cpu().contiguous() for k, v in net.state_dict().items()}
    partial = path.with_suffix(".part")
    save_file(state, partial)
    partial.replace(path)


def load(net: ObjectNet, path: Path) -> None:
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()})


def optimiser(net: ObjectNet, rate: float, cuda: bool) -> torch.optim.AdamW:
    """Weight decay for matrices only; a lower rate for the backbone."""
    groups = []
    for mine, gain in ((True, BACKBONE_RATE), (False, 1.0)):
        for matrix, decay in ((True, 0.02), (False, 0.0)):
            chosen = [
                p
                for name, p in net.named_parameters()
                if name.startswith("backbone.") == mine and (p.ndim > 1) == matrix
            ]
            groups.append({"params": chosen, "weight_decay": decay, "base": rate * gain})
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99), fused=cuda)


def rate_at(step: int, progress: float) -> float:
    """Share of the full learning rate."""
    warm = min(1.0, (step + 1) / WARM_UP)
    if progress <= FLAT:
        return warm
    return warm * max(0.01, 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - FLAT) / (1 - FLAT)))))


class Training:
    """One run: networks, optimiser, composer and the curve."""

    def __init__(self, args: argparse.Namespace, process: Process) -> None:
        self.args, self.process = args, process
        torch.manual_seed(args.seed + process.rank)
        atlas = Atlas(args.bank, process.device, args.limit)
        process.log(f"{len(atlas.kind)} sprites, {len(atlas.ground_kind)} grounds")
        self.atlas = atlas
        self.composer = Composer(atlas, args.size, seed=args.seed * 1000 + process.rank)
        net = ObjectNet()
        if args.resume:
            load(net, args.resume)
        elif args.imagenet:
            net.backbone.load_imagenet(args.imagenet)
        self.net = net.to(process.device, memory_format=torch.channels_last).train()
        self.average = copy.deepcopy(self.net).eval().requires_grad_(False)
        self.optimiser = optimiser(self.net, args.rate, process.cuda)
        asked: nn.Module = Asked(self.net)
        if process.world > 1:
            own = [process.device.index] if process.cuda else None
            asked = nn.parallel.DistributedDataParallel(
                asked, own, broadcast_buffers=False, gradient_as_bucket_view=True
            )
        self.asked, self.steps, self.curve = asked, 0, []
        self.sums = torch.zeros(len(NAMES) + 2, device=process.device)

    def step(self, progress: float) -> None:
        share = rate_at(self.steps, progress)
        for group in self.optimiser.param_groups:
            group["lr"] = group["base"] * share
        batch = self.composer.batch(self.args.batch)
        total, parts = losses(self.asked, batch, self.process.amp())
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), CLIP)
        if self.process.cuda:  # a step with a gradient that is no number is left out, without waiting for the GPU
            self.optimiser.grad_scale, self.optimiser.found_inf = None, (~torch.isfinite(norm)).float()
        self.optimiser.step()
        self.steps += 1
        keep = min(EMA, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - keep)
            for mine, theirs in zip(self.average.buffers(), self.net.buffers(), strict=True):
                mine.copy_(theirs)
        self.sums += torch.nan_to_num(torch.cat([total.detach()[None], parts, torch.ones(1, device=total.device)]))

    def report(self, seconds: float, share: float) -> None:
        *means, number = self.sums.tolist()
        means = [value / max(1, number) for value in means]
        self.sums.zero_()
        self.curve.append(
            [round(seconds, 1), self.steps, round(share * self.args.rate, 6), *(round(v, 4) for v in means)]
        )
        words = " ".join(f"{name} {value:.3f}" for name, value in zip(("loss", *NAMES), means, strict=True))
        self.process.log(f"step {self.steps} ({number / REPORT_SECONDS:.2f}/s)", words)

    def write(self) -> None:
        if not self.process.first:
            return
        save(self.average, self.args.out / "network.safetensors")
        with (self.args.out / "curve.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["seconds", "step", "rate", "loss", *NAMES], *self.curve])

    def run(self) -> None:
        limit, began = self.args.minutes * 60, time.time()
        reported = saved = began
        progress = 0.0
        while True:
            if self.steps % SYNC_STEPS == 0:
                progress = self.process.agree((time.time() - began) / limit)
                if progress >= 1:
                    break
            self.step(progress)
            now = time.time()
            if now - reported >= REPORT_SECONDS:
                self.report(now - began, rate_at(self.steps, progress))
                reported = now
            if now - saved >= SAVE_SECONDS:
                self.write()
                saved = now
        self.write()
        peak = torch.cuda.max_memory_allocated() / 2**30 if self.process.cuda else 0
        self.process.log(f"trained {self.steps} steps of {self.args.batch} x {self.process.world}, peak {peak:.1f} GiB")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--size", type=int, default=512, help="side of the pictures, a multiple of 32")
    parser.add_argument("--batch", type=int, default=32, help="pictures a step and GPU")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="full learning rate")
    parser.add_argument("--resume", type=Path, help="checkpoint to go on from")
    parser.add_argument("--imagenet", type=Path, help="weights for the backbone at the very start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=0, help="use only so many sprites, for trying things out")
    parser.add_argument("--validation", type=int, default=256, help="composites of the table; 0 for none")
    parser.add_argument("--validation-size", type=int, default=0, help="their side, if not --size")
    return parser.parse_args()


def main() -> None:
    args, process = parse(), Process()
    args.out.mkdir(parents=True, exist_ok=True)
    training = Training(args, process)
    training.run()
    if args.validation and process.first:
        size = args.validation_size or args.size
        composer = Composer(training.atlas, size, held=True, seed=SEED)
        table = validate(training.average, composer, args.validation, process.amp(), min(16, args.validation))
        (args.out / "validation.json").write_text(json.dumps({"size": size, **table}, indent=1) + "\n")
        process.log("validation", json.dumps(table))
    if process.world > 1:
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
