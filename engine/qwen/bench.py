"""`unflatten bench qwen`: the engine at full size with random weights, beside the stock pipeline, on one NVIDIA GPU.

Random weights take the same memory and time as the real ones; what the layers look like is not measured. The text
encoder is left out: embeddings of 200 and 8 tokens are given. Prints a table and returns it as plain data.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import torch

from engine.decomposer import Progress
from engine.qwen.loading import Denoiser, DiskLoader, empty_transformer, place
from engine.qwen.meter import Meter
from engine.qwen.options import Dtype, QwenOptions
from engine.qwen.phases import Embeds, Runner, Task, collect
from engine.qwen.placement import Tick
from engine.qwen.plan import GB, Ask, Machine, Plan, rank
from engine.qwen.weights import Weights

FULL: dict[str, Any] = {
    "num_layers": 60,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 3584,
    "axes_dims_rope": (16, 56, 56),
    "use_additional_t_cond": True,
    "use_layer3d_rope": True,
}
TINY = FULL | {"num_layers": 3, "attention_head_dim": 16, "num_attention_heads": 2, "joint_attention_dim": 16}
TINY["axes_dims_rope"] = (4, 6, 6)
FULL_VAE: dict[str, Any] = {"base_dim": 96, "z_dim": 16, "input_channels": 4}
TINY_VAE = {"base_dim": 4, "z_dim": 16, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1, "input_channels": 4}
ENCODER_BYTES = 16_600_000_000
POOL = 75_000_000
LAYERS = 4
SEED = 7


@dataclass(frozen=True, slots=True)
class Case:
    """`plan` "stock" is the pipeline itself; "auto" lets the planner choose. `cap`: bytes of the GPU, 0 = all."""

    plan: str
    resolution: int
    cap: int = 0


CASES = (
    *(Case("stock", r) for r in (640, 1024)),
    *(Case("resident", r) for r in (640, 1024)),
    *(Case("resident-table", r) for r in (640, 1024)),
    *(Case("fp8", r) for r in (640, 1024)),
    *(Case("streamed-full", r) for r in (640, 1024)),
    *(Case("streamed", r) for r in (640, 1024)),
    *(Case("auto", r, 8 * GB) for r in (640, 1024)),
    *(Case("auto", r, 12 * GB) for r in (640, 1024)),
    *(Case("fp8-streamed", r, 8 * GB) for r in (640, 1024)),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One case's figures: seconds and bytes. `digest` names the layers' exact bytes."""

    plan: str
    resolution: int
    cap: int
    step: float
    predicted_step: float
    denoise_peak: int
    predicted_denoise_peak: int
    whole_peak: int
    predicted_peak: int
    load: float
    decode: float
    fifty: float
    digest: str
    error: str = ""


class RandomSource:
    """Random tensors by name, always the same ones, cut from one pool so that making 41 GB takes no time."""

    def __init__(self, shapes: dict[str, tuple[int, ...]]) -> None:
        self._shapes = shapes
        generator = torch.Generator().manual_seed(SEED)
        size = min(POOL, 2 * max(int(np.prod(s)) for s in shapes.values()))
        self._pool = (torch.randn(size, generator=generator) * 0.02).to(torch.bfloat16)

    def get(self, name: str) -> Any:
        shape = self._shapes[name]
        count = int(np.prod(shape))
        start = zlib.crc32(name.encode()) % max(1, self._pool.numel() - count)
        return self._pool[start : start + count].view(shape)


class RandomLoader(DiskLoader):
    """Parts of the real classes at the given size, with random weights."""

    def __init__(self, config: dict[str, Any], vae: dict[str, Any]) -> None:
        self._config, self._vae = config, vae
        shapes = {n: tuple(p.shape) for n, p in empty_transformer(config).named_parameters()}
        self._source = RandomSource(shapes)

    def texts(self, _weights: Weights) -> tuple[Any, Any, Any]:
        from diffusers import FlowMatchEulerDiscreteScheduler

        return FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), None, None

    def vae(self, _weights: Weights, device: Any, dtype: Any) -> Any:
        from diffusers import AutoencoderKLQwenImage

        torch.manual_seed(SEED)
        with torch.device(device):
            made = AutoencoderKLQwenImage(**self._vae)
        return made.to(dtype).eval().requires_grad_(False)

    def transformer(self, _weights: Weights, device: Any, dtype: Any, plan: dict[str, Any], tick: Tick) -> Denoiser:
        return place(empty_transformer(self._config), self._source, device, dtype, plan, tick)

    def weights(self) -> Weights:
        sizes = {n: 2 * int(np.prod(p.shape)) for n, p in empty_transformer(self._config).named_parameters()}
        blocks = {n: b for n, b in sizes.items() if n.startswith("transformer_blocks.")}
        return Weights(
            folder=Path("random"),
            transformer_bytes=sum(sizes.values()),
            encoder_bytes=ENCODER_BYTES,
            vae_bytes=sum(2 * p.numel() for p in self.vae(None, "cpu", torch.float32).parameters()),  # type: ignore[arg-type]
            blocks=self._config["num_layers"],
            width=self._config["num_attention_heads"] * self._config["attention_head_dim"],
            block_bytes=sum(blocks.values()),
            table_bytes=sum(b for n, b in blocks.items() if "_mod." in n),
            key="random",
        )


class Bench:
    """Runs cases one after the other; the model stays loaded between cases of the same plan."""

    def __init__(self, device: str, tiny: bool, steps: int) -> None:
        self.device = torch.device(device)
        self.loader = RandomLoader(TINY if tiny else FULL, TINY_VAE if tiny else FULL_VAE)
        self.weights = self.loader.weights()
        self.runner = Runner(self.loader)
        self.steps = steps
        width = (TINY if tiny else FULL)["joint_attention_dim"]
        self.dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        generator = torch.Generator().manual_seed(SEED)
        self.wanted, self.unwanted = (
            Embeds(torch.randn(1, n, width, generator=generator).to(self.device, self.dtype), None, True)
            for n in (200, 8)
        )
        rng = np.random.default_rng(SEED)
        self.image = rng.integers(0, 256, (1024, 1024, 4), dtype=np.uint8)
        self.image[..., 3] = 255

    def run(self, case: Case) -> Row:
        """One case. A case that fails is a row that says so."""
        try:
            self._cap(case.cap)
            return self._stock(case) if case.plan == "stock" else self._ours(case)
        except Exception as error:
            self.runner.free()
            collect()
            return Row(case.plan, case.resolution, case.cap, 0, 0, 0, 0, 0, 0, 0, 0, 0, "", f"{error}"[:200])

    def _ours(self, case: Case) -> Row:
        plan = self._plan(case)
        options = QwenOptions(
            prompt="given", steps=self.steps, resolution=case.resolution, dtype=Dtype.BF16, device=str(self.device)
        )
        if self.dtype is torch.float32:
            options = replace(options, dtype=Dtype.FP32)
        self.runner.give("given", options.negative_prompt, self.wanted, self.unwanted)
        times = _Times()
        meter = Meter(plan.phases, times)
        raw = self.runner.run(Task(self.weights, plan, options, LAYERS, SEED, self.image, meter, Event()))
        meter.finish()
        peaks = self.runner.peaks.by_phase
        step = times.step()
        return Row(
            plan=plan.id,
            resolution=case.resolution,
            cap=case.cap,
            step=step,
            predicted_step=plan.step_seconds,
            denoise_peak=peaks.get("denoise", 0),
            predicted_denoise_peak=plan.denoise_peak,
            whole_peak=max(peaks.values(), default=0),
            predicted_peak=max(plan.denoise_peak, plan.decode_peak),
            load=meter.took.get("load-denoiser", 0.0),
            decode=meter.took["decode"],
            fifty=times.first + 49 * step + meter.took["decode"],
            digest=hashlib.sha256(raw.layers.tobytes()).hexdigest()[:12],
        )

    def _stock(self, case: Case) -> Row:
        from diffusers import QwenImageLayeredPipeline
        from PIL import Image

        self.runner.free()
        how = {"place": "resident", "fp8": False, "table": False, "lora_scale": 1.0}
        model = self.loader.transformer(self.weights, self.device, self.dtype, how, lambda _done: None).model
        scheduler, _, _ = self.loader.texts(self.weights)
        vae = self.loader.vae(self.weights, self.device, self.dtype)
        shim = _Shim(self.device, self.dtype)
        pipe = QwenImageLayeredPipeline(scheduler, vae, shim, None, None, model)
        pipe.set_progress_bar_config(disable=True)
        times = _Times()
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()

        def after(_pipe: Any, index: int, _step: Any, values: dict[str, Any]) -> dict[str, Any]:
            self._wait()
            times.note(index + 1)
            return values

        times.start()
        made = pipe(
            image=Image.fromarray(self.image),
            prompt="given",
            prompt_embeds=self.wanted.states,
            negative_prompt_embeds=self.unwanted.states,
            num_inference_steps=self.steps,
            layers=LAYERS,
            resolution=case.resolution,
            cfg_normalize=True,
            generator=torch.Generator().manual_seed(SEED),
            callback_on_step_end=after,
        ).images[0]
        self._wait()
        decode = time.perf_counter() - times.last
        peak = int(torch.cuda.max_memory_allocated()) if self.device.type == "cuda" else 0
        layers = np.stack([np.asarray(layer) for layer in made])
        digest = hashlib.sha256(layers.tobytes()).hexdigest()[:12]
        del pipe, model, vae
        collect()
        fifty = times.first + 49 * times.step() + decode
        return Row("stock", case.resolution, 0, times.step(), 0, 0, 0, peak, 0, 0, decode, fifty, digest)

    def _plan(self, case: Case) -> Plan:
        from engine.qwen.hardware import probe_torch

        machine = probe_torch()
        if case.cap:
            machine = replace(machine, gpus=tuple(replace(g, free=case.cap, total=case.cap) for g in machine.gpus[:1]))
        else:
            machine = replace(machine, gpus=tuple(replace(g, free=g.total) for g in machine.gpus[:1]))
        machine = Machine(machine.gpus, max(machine.host_free, 100 * GB), max(machine.host_total, 100 * GB))
        ask = Ask(case.resolution, LAYERS, 1024, 1024, self.steps, True, True, False)
        if self.device.type != "cuda":  # a dry run: the CPU does what the plan says
            chosen = rank(machine, ask, self.weights, wanted="cpu")[0]
            from engine.qwen.plan import KINDS

            return replace(chosen, kind=KINDS.get(case.plan, KINDS["streamed"]))
        return rank(machine, ask, self.weights, wanted=case.plan)[0]

    def _cap(self, cap: int) -> None:
        if self.device.type == "cuda":
            self.runner.free() if cap else None
            total = torch.cuda.get_device_properties(0).total_memory
            torch.cuda.set_per_process_memory_fraction(cap / total if cap else 1.0)

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


class _Shim(torch.nn.Module):  # type: ignore[misc]
    """Stands where the pipeline looks for its text encoder's number format and device."""

    def __init__(self, device: Any, dtype: Any) -> None:
        super().__init__()
        self.device, self.dtype = device, dtype


class _Times:
    """Takes the time between steps, from the engine's progress or the pipeline's callback."""

    def __init__(self) -> None:
        self.first = self.last = 0.0
        self._rest: list[float] = []

    def __call__(self, progress: Progress) -> None:
        if progress.total and progress.step == 0:
            self.start()
        elif progress.total:
            self.note(progress.step)

    def start(self) -> None:
        self.last = time.perf_counter()

    def note(self, step: int) -> None:
        now = time.perf_counter()
        if step == 1:
            self.first = now - self.last
        else:
            self._rest.append(now - self.last)
        self.last = now

    def step(self) -> float:
        return statistics.median(self._rest) if self._rest else self.first


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table, with predictions beside what was measured."""
    head = (
        "| plan | px | cap GB | s/step (predicted) | x stock | denoise peak GB (predicted) | whole run GB (predicted) "
        "| load s | decode s | 50 steps s | layers |\n|---|---|---|---|---|---|---|---|---|---|---|\n"
    )
    stock = {row.resolution: row.step for row in rows if row.plan == "stock"}
    lines = []
    for r in rows:
        if r.error:
            lines.append(f"| {r.plan} | {r.resolution} | {r.cap / GB:.0f} | failed: {r.error} |")
            continue
        times = f"x{r.step / stock[r.resolution]:.2f}" if stock.get(r.resolution) else ""
        lines.append(
            f"| {r.plan} | {r.resolution} | {f'{r.cap / GB:.0f}' if r.cap else '-'} "
            f"| {r.step:.3f} ({r.predicted_step:.3f}) | {times} "
            f"| {r.denoise_peak / GB:.2f} ({r.predicted_denoise_peak / GB:.2f}) "
            f"| {r.whole_peak / GB:.2f} ({r.predicted_peak / GB:.2f}) "
            f"| {r.load:.1f} | {r.decode:.2f} | {r.fifty:.0f} | {r.digest} |"
        )
    return head + "\n".join(lines)


def main(arguments: Sequence[str], say: Callable[[str], None] = print) -> int:
    """`[--tiny] [--device cuda:0] [--steps 5] [--out FILE.json] [--plans a,b]`. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="unflatten bench qwen", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="tiny weights: a dry run")
    parser.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--plans", default="", help="only these plans, comma-separated")
    parser.add_argument("--out", type=Path, default=None, help="write the figures there as JSON")
    given = parser.parse_args(list(arguments))
    if given.device == "cpu" and not given.tiny:
        say("unflatten bench qwen needs an NVIDIA GPU; --tiny makes a dry run on the processor.")
        return 1
    bench = Bench(given.device, given.tiny, given.steps)
    chosen = [c for c in CASES if not given.plans or c.plan in given.plans.split(",")]
    rows = []
    for case in chosen:
        rows.append(bench.run(case))
        say(table(rows).splitlines()[-1])
        if given.out:
            given.out.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    bench.runner.free()
    say(table(rows))
    return 1 if any(row.error for row in rows) else 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
