"""`unflatten bench qwen`: the engine at full size with random weights, beside the stock pipeline, on NVIDIA GPUs.

Random weights take the same memory and time as the real ones; what the layers look like is not measured. The text
encoder is left out: embeddings of 200 and 8 tokens are given. Prints a table and writes the figures as JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import torch

from engine.decomposer import Progress
from engine.errors import EngineUnavailable, InputError
from engine.qwen.bench.parts import SEED, RandomLoader
from engine.qwen.child.meter import Meter
from engine.qwen.child.phases import Embeds, Runner, Task, collect
from engine.qwen.options import Dtype, QwenOptions
from engine.qwen.planning.geometry import RESOLUTIONS
from engine.qwen.planning.plan import GB, KINDS, Ask, Gpu, Machine, Plan, rank
from engine.qwen.planning.records import How
from engine.qwen.planning.weights import Weights
from engine.words import said
from engine.words.amounts import duration

LAYERS = 4
STOCK = "stock"
SEVERAL = "balanced"
DEFAULT = "stock,resident,balanced,fp8-compute,offload,streamed,auto@8,auto@12,gguf,fp8,fp8-streamed@8,resident-table"
ALL = f"{DEFAULT},fp8-compute-streamed,gguf-streamed,streamed-full"
DRY = Gpu(0, "none, a dry run", 80 * GB, 80 * GB, (9, 0), tflops=368.5, bus=54.4e9)


@dataclass(frozen=True, slots=True)
class Case:
    """`plan` "stock" is the pipeline itself; "auto" lets the planner choose. `cap`: bytes of the GPU, 0 = all."""

    plan: str
    resolution: int
    cap: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One case's figures: seconds and bytes. `digest` names the layers' exact bytes, `took` is the case as a whole;
    `devices` are the peaks of all cards, measured and predicted, where there are several."""

    plan: str
    resolution: int
    cap: int = 0
    step: float = 0.0
    predicted_step: float = 0.0
    denoise_peak: int = 0
    predicted_denoise_peak: int = 0
    whole_peak: int = 0
    predicted_peak: int = 0
    load: float = 0.0
    decode: float = 0.0
    fifty: float = 0.0
    digest: str = ""
    error: str = ""
    took: float = 0.0
    card: str = ""
    devices: dict[str, tuple[int, int]] = field(default_factory=dict)


def cases(names: str, sizes: str) -> list[Case]:
    """E.g. ("streamed,auto@8", "640,1024"): a plan's id, "auto" or "stock", and after an @ the GB of a cap.

    Raises InputError for anything else.
    """
    made = []
    for name in (part.strip() for part in names.split(",")):
        plan, _, cap = name.partition("@")
        known = plan in (STOCK, "auto") or (plan in KINDS and KINDS[plan].on == "gpu")
        if not known or (cap and (not cap.isdigit() or plan == STOCK)):
            raise InputError("qwen.bench-no-case", name=name, known=ALL)
        for size in sizes.split(","):
            if not size.strip().isdigit() or int(size) not in RESOLUTIONS:
                raise InputError("qwen.bench-size", size=size)
            made.append(Case(plan, int(size), int(cap or 0) * GB))
    return made


class Bench:
    """Runs cases one after the other; the model stays loaded between cases of the same plan."""

    def __init__(self, device: str, tiny: bool, steps: int, scratch: Path) -> None:
        self.device = torch.device(device)
        self.cuda = self.device.type == "cuda"
        self.loader = RandomLoader(tiny)
        self.weights = replace(self.loader.weights(), folder=scratch)
        self.runner = Runner(self.loader)
        self.steps = steps
        self._gguf: Weights | None = None
        self._pipe: Any = None
        width = self.loader.config["joint_attention_dim"]
        self.dtype = torch.bfloat16 if self.cuda else torch.float32
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
        began = time.perf_counter()
        try:
            self._cap(case.cap)
            row = self._stock(case) if case.plan == STOCK else self._ours(case)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other cases are measured
            row = Row(case.plan, case.resolution, case.cap, error=f"{type(error).__name__}: {error}"[:300])
        if row.error:
            self.free()  # outside the handler: the exception's frames hold on to the weights
        card = torch.cuda.get_device_name(self.device) if self.cuda else "cpu"
        return replace(row, took=time.perf_counter() - began, card=card)

    def free(self) -> None:
        """Give all memory back between two cases."""
        self._pipe = None
        self.runner.free()
        collect()

    def _ours(self, case: Case) -> Row:
        if self._pipe is not None:
            self._pipe = None
            collect()
        weights = self._weights(case)
        plan = self._plan(case, weights)
        options = QwenOptions(prompt="given", steps=self.steps, resolution=case.resolution, device=str(self.device))
        options = replace(options, dtype=Dtype.BF16 if self.cuda else Dtype.FP32)
        self.runner.give("given", options.negative_prompt, self.wanted, self.unwanted)
        times = _Times()
        meter = Meter(plan.phases, times)
        self._watch_all()
        raw = self.runner.run(Task(weights, plan, options, LAYERS, SEED, self.image, meter, Event()))
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
            digest=_digest(raw.layers),
            devices=self._all_peaks(plan, max(peaks.values(), default=0)),
        )

    def _stock(self, case: Case) -> Row:
        from PIL import Image

        times, pipe = _Times(), self._stock_pipe()
        self._wait()
        if self.cuda:
            torch.cuda.reset_peak_memory_stats(self.device)

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
        return Row(
            plan=STOCK,
            resolution=case.resolution,
            step=times.step(),
            whole_peak=int(torch.cuda.max_memory_allocated(self.device)) if self.cuda else 0,
            decode=decode,
            fifty=times.first + 49 * times.step() + decode,
            digest=_digest(np.stack([np.asarray(layer) for layer in made])),
        )

    def _stock_pipe(self) -> Any:
        """The pipeline with everything on the device; built once."""
        if self._pipe is None:
            from diffusers import QwenImageLayeredPipeline

            self.runner.free()
            model = self.loader.transformer(self.weights, self.device, self.dtype, How(), lambda _done: None).model
            scheduler, _, _ = self.loader.texts(self.weights)
            vae = self.loader.vae(self.weights, self.device, self.dtype)
            shim = _Shim(self.device, self.dtype)
            self._pipe = QwenImageLayeredPipeline(scheduler, vae, shim, None, None, model)
            self._pipe.set_progress_bar_config(disable=True)
        return self._pipe

    def _weights(self, case: Case) -> Weights:
        if case.plan not in KINDS or not KINDS[case.plan].gguf:
            return self.weights
        if self._gguf is None:
            self._gguf = self.loader.gguf_weights(self.weights.folder)
        return self._gguf

    def _plan(self, case: Case, weights: Weights) -> Plan:
        """The case's plan on this machine with nothing else running. Raises EngineUnavailable where it does not fit."""
        from engine.qwen.child.devices import probe_torch

        machine = probe_torch()
        gpus = machine.gpus if self.cuda else (DRY, replace(DRY, index=1))
        first = [g for g in gpus if not self.cuda or g.index == (self.device.index or 0)]
        gpus = gpus if case.plan == SEVERAL else tuple(first)
        size = case.cap or 0
        gpus = tuple(replace(g, free=size or g.total, total=size or g.total) for g in gpus)
        host = max(machine.host_total, 100 * GB)
        ask = Ask(case.resolution, LAYERS, 1024, 1024, self.steps, described=True, names=False)
        plan = rank(Machine(gpus, host, host, machine.cores), ask, weights, device="cuda", wanted=case.plan)[0]
        if not plan.fits:
            raise EngineUnavailable("qwen.too-large", why=plan.short or "")
        plan = replace(plan, encoder=plan.device)  # none is loaded: no reason to begin anew
        return plan if self.cuda else _on_cpu(plan)

    def _cap(self, cap: int) -> None:
        if self.cuda:
            collect()
            total = torch.cuda.get_device_properties(self.device).total_memory
            torch.cuda.set_per_process_memory_fraction(cap / total if cap else 1.0, self.device)

    def _watch_all(self) -> None:
        for index in range(torch.cuda.device_count() if self.cuda else 0):
            torch.cuda.reset_peak_memory_stats(index)

    def _all_peaks(self, plan: Plan, first: int) -> dict[str, tuple[int, int]]:
        """(measured, predicted) by device, where the plan has several; `first`: of the plan's own device."""
        if not self.cuda:
            return {}
        measured = {name: int(torch.cuda.max_memory_allocated(name)) for name in plan.devices} | {plan.device: first}
        return {name: (measured[name], plan.peaks[name]) for name in plan.devices}

    def _wait(self) -> None:
        if self.cuda:
            torch.cuda.synchronize(self.device)


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
        "| load s | decode s | 50 steps s | layers | case s |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n"
    )
    stock = {row.resolution: row.step for row in rows if row.plan == STOCK}
    return head + "\n".join(_line(row, stock.get(row.resolution, 0.0)) for row in rows)


def _line(r: Row, stock: float) -> str:
    cap = f"{r.cap / GB:.0f}" if r.cap else "-"
    if r.error:
        return f"| {r.plan} | {r.resolution} | {cap} | failed: {r.error} |"
    others = [f"; {n} {m / GB:.2f} ({p / GB:.2f})" for n, (m, p) in list(r.devices.items())[1:]]
    return (
        f"| {r.plan} | {r.resolution} | {cap} "
        f"| {r.step:.3f} ({r.predicted_step:.3f}) | {f'x{r.step / stock:.2f}' if stock else ''} "
        f"| {r.denoise_peak / GB:.2f} ({r.predicted_denoise_peak / GB:.2f}) "
        f"| {r.whole_peak / GB:.2f} ({r.predicted_peak / GB:.2f}){''.join(others)} "
        f"| {r.load:.1f} | {r.decode:.2f} | {r.fifty:.0f} | {r.digest} | {r.took:.0f} |"
    )


def _digest(layers: Any) -> str:
    return hashlib.sha256(layers.tobytes()).hexdigest()[:12]


def _on_cpu(plan: Plan) -> Plan:
    """The plan with the CPU in the place of every device: a dry run."""
    names = tuple("cpu" if index == 0 else "cpu:0" for index in range(len(plan.devices)))
    return replace(plan, device="cpu", encoder="cpu", devices=names)


def main(arguments: Sequence[str], say: Callable[[str], None] = print) -> int:
    """See `--help`. Returns the exit code: 1 where a case failed."""
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    given = _arguments(arguments)
    if given.device == "cpu" and not given.tiny:
        say(said("qwen.bench-needs-gpu"))
        return 1
    chosen = cases({"all": ALL}.get(given.cases, given.cases), given.sizes)
    if given.device != "cpu" and torch.cuda.device_count() < 2 and SEVERAL in (c.plan for c in chosen):
        say(said("qwen.bench-left-out", plan=SEVERAL))
        chosen = [c for c in chosen if c.plan != SEVERAL]
    began = time.monotonic()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="unflatten-bench-", dir=given.scratch) as scratch:
        bench = Bench(given.device, given.tiny, given.steps, Path(scratch))
        for case in chosen:
            if given.minutes and time.monotonic() - began > 60 * given.minutes:
                left = len(chosen) - len(rows)
                say(said("qwen.bench-time-over", time=duration(60 * given.minutes), count=left, plan=case.plan))
                break
            rows.append(bench.run(case))
            say(table(rows).splitlines()[-1])
            if given.json:
                given.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
        bench.free()
    say(table(rows))
    return 1 if any(row.error for row in rows) else 0


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="unflatten bench qwen", description=__doc__)
    parser.add_argument("--cases", "--plans", default=DEFAULT, help=said("qwen.bench-cases", known=ALL))
    parser.add_argument("--sizes", default="640,1024", help=said("qwen.bench-sizes"))
    parser.add_argument("--steps", type=int, default=4, help=said("qwen.bench-steps"))
    parser.add_argument("--json", "--out", type=Path, default=None, help=said("qwen.bench-json"))
    parser.add_argument("--minutes", type=float, default=0.0, help=said("qwen.bench-minutes"))
    parser.add_argument("--scratch", type=Path, default=None, help=said("qwen.bench-scratch"))
    parser.add_argument("--tiny", action="store_true", help=said("qwen.bench-tiny"))
    parser.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(list(arguments))


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
