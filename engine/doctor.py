"""`unflatten doctor`: what this machine can do, in sentences, with what to do about what it cannot."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.runs import Runs, default_runs

PACKAGES = ("PySide6-Essentials", "onnxruntime", "rapidocr", "torch", "diffusers", "transformers", "huggingface_hub")
GOOD, WARNING = "ok", "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `mark` is "ok" or "note"."""

    topic: str
    text: str
    mark: str = GOOD


def examine(width: int = 4000, height: int = 3000, runs: Runs | None = None) -> list[Finding]:
    """Everything there is to say. `width`, `height`: px of a picture that the estimates are for. Loads nothing."""
    record = runs or default_runs()
    return [*_system(), *_libraries(), *_models(), *_qwen(width, height, record), *_history(record)]


def report(findings: list[Finding]) -> str:
    """The findings as text, one a line."""
    wide = max(len(f.topic) for f in findings)
    return "\n".join(f"{'!' if f.mark == WARNING else ' '} {f.topic:<{wide}}  {f.text}" for f in findings)


def _system() -> list[Finding]:
    from engine.qwen.hardware import probe

    machine = probe()
    about = f"{platform.system()} {platform.release()}, Python {sys.version.split()[0]}, {machine.cores} cores"
    memory = f"{machine.host_free / 1e9:.1f} of {machine.host_total / 1e9:.1f} GB free"
    found = [Finding("System", about), Finding("Memory", memory)]
    if not machine.gpus:
        found.append(Finding("Graphics card", "No NVIDIA card was found: use the built-in engine.", WARNING))
    for gpu in machine.gpus:
        text = f"{gpu.name}, {gpu.free / 1e9:.1f} of {gpu.total / 1e9:.1f} GB free, bus {gpu.bus / 1e9:.0f} GB/s"
        found.append(Finding("Graphics card", text))
    return found


def _libraries() -> list[Finding]:
    have, lack = [], []
    for name in PACKAGES:
        try:
            have.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            lack.append(name)
    found = [Finding("Libraries", ", ".join(have) or "none")]
    if lack:
        how = "`pip install 'unflatten[qwen]'` brings them."
        found.append(Finding("Libraries", f"Not installed: {', '.join(lack)}. {how}", WARNING))
    return found


def _models() -> list[Finding]:
    from engine.models.catalog import FETCH
    from engine.models.store import Store

    store = Store()
    found = []
    for state in store.states():
        if state.status == "present":
            found.append(Finding("Model", f"{state.entry.title}: here, {state.size / 1e9:.1f} GB in {state.folder}"))
        elif state.status == "partial":
            how = f"go on with `unflatten models fetch {state.entry.id}`"
            text = f"{state.entry.title}: {state.size / 1e9:.1f} GB came so far; {how}."
            found.append(Finding("Model", text, WARNING))
    if not found:
        free = shutil.disk_usage(_existing(store.root)).free / 1e9
        text = f"No weights are here; {FETCH} brings them (58 GB; {free:.0f} GB are free)."
        found.append(Finding("Model", text, WARNING))
    return found


def _qwen(width: int, height: int, runs: Runs) -> list[Finding]:
    from engine.qwen.advise import advise
    from engine.qwen.engine import QwenEngine
    from engine.qwen.options import QwenOptions
    from engine.qwen.plan import TOO_SLOW

    found = []
    if reason := QwenEngine(runs=runs).missing():
        found.append(Finding("Qwen", reason, WARNING))
    for one in advise(QwenOptions(), width, height, runs=runs):
        useful = one.fits and one.seconds < TOO_SLOW
        text = f"{one.sentence} {one.buys}" if useful else one.sentence
        found.append(Finding("Qwen", text, GOOD if useful else WARNING))
    return found


def _history(runs: Runs) -> list[Finding]:
    recent = runs.recent(5)
    if not recent:
        return [Finding("Runs", "None on record yet: times are predictions.")]
    said = []
    for run in recent:
        peak = f", {run.peak_vram / 1e9:.1f} GB on the card" if run.peak_vram else ""
        size = run.request.get("resolution", "")
        said.append(Finding("Runs", f"{run.engine} {size} {run.plan}: {run.outcome}, {run.seconds:.0f} s{peak}"))
    return said


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())
