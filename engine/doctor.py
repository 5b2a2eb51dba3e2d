"""`unflatten doctor`: what this machine can do, in sentences, with what to do about what it cannot."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine import log
from engine.engines import ENGINES
from engine.runs import Run, Runs, default_runs
from engine.words import Message, note, said
from engine.words.amounts import duration, gigabytes

WITHOUT = {
    "pi-heif": "HEIC and HEIF pictures cannot be opened",
    "psd-tools": "PSD files cannot be opened or written",
    "rapidocr": "the built-in engine finds no text",
    "onnxruntime": "the built-in engine finds no text and no subjects",
    "python-pptx": "PowerPoint slides cannot be written",
    "isal": "PSD files cannot be written with ZIP compression",
}
"""Packages that the program starts without, and what it cannot do then."""
PACKAGES = ("PySide6-Essentials", *WITHOUT, "huggingface_hub")
LARGE_MODEL = ("torch", "diffusers", "transformers")
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
    here = [*_system(), *_libraries(), *_models(), *_engines(width, height, record), *_history(record)]
    return [*here, Finding("Log", str(log.path()))]


def for_a_report() -> str:
    """What a report of a fault should hold: versions, hardware and the end of the log; nothing of any picture."""
    facts = report([*_system(), *_libraries()])
    return f"{log.about()}\n{facts}\n\n{log.tail()}".rstrip() + "\n"


def plans(width: int = 4000, height: int = 3000, runs: Runs | None = None) -> str:
    """Every way to run each engine that has several, as tables. `width`, `height`: px of a picture that this is for.
    Loads nothing."""
    record = runs or default_runs()
    return "\n\n".join(engine.table(width, height, record) for engine in ENGINES.values() if engine.table is not None)


def report(findings: list[Finding]) -> str:
    """The findings as text, one a line."""
    wide = max(len(f.topic) for f in findings)
    return "\n".join(f"{'!' if f.mark == WARNING else ' '} {f.topic:<{wide}}  {f.text}" for f in findings)


def _system() -> list[Finding]:
    from engine.hardware import probe

    machine = probe()
    system, python = f"{platform.system()} {platform.release()}", sys.version.split()[0]
    about = said("doctor.system", system=system, python=python, cores=machine.cores)
    memory = said("doctor.memory", free=gigabytes(machine.host_free), total=gigabytes(machine.host_total))
    found = [Finding("System", about), Finding("Memory", memory)]
    if not machine.gpus:
        found.append(Finding("Graphics card", said("doctor.no-card"), WARNING))
    for gpu in machine.gpus:
        free, total, bus = gigabytes(gpu.free), gigabytes(gpu.total), gigabytes(gpu.bus)
        found.append(Finding("Graphics card", said("doctor.card", card=gpu.name, free=free, total=total, bus=bus)))
    return found


def _libraries() -> list[Finding]:
    have, lack = _installed((*PACKAGES, *LARGE_MODEL))
    found = [Finding("Libraries", ", ".join(have) or "none")]
    for name in (name for name in lack if name in WITHOUT):
        text = said("doctor.lacking", package=name, without=WITHOUT[name])
        found.append(Finding("Libraries", text, WARNING))
    if large := [name for name in lack if name in LARGE_MODEL]:
        from engine.models.catalog import INSTALL

        found.append(Finding("Libraries", said("doctor.install", names=", ".join(large), how=INSTALL), WARNING))
    return found


def _installed(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """ "name version" of the packages that are here, and the names of those that are not."""
    have, lack = [], []
    for name in names:
        try:
            have.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            lack.append(name)
    return have, lack


def _models() -> list[Finding]:
    from engine.models.catalog import FETCH
    from engine.models.store import Store

    store = Store()
    found = []
    for state in (state for state in store.states() if state.entry.chosen):
        title, size = state.entry.title, gigabytes(state.size)
        if state.status == "present":
            text = said("doctor.model-here", title=title, size=size, folder=str(state.folder))
            found.append(Finding("Model", text))
        elif state.status == "partial":
            found.append(
                Finding("Model", said("doctor.model-begun", title=title, size=size, id=state.entry.id), WARNING)
            )
    if not found:
        free = gigabytes(shutil.disk_usage(_existing(store.root)).free)
        found.append(Finding("Model", said("doctor.no-model", fetch=FETCH, free=free), WARNING))
    return found


def _engines(width: int, height: int, runs: Runs) -> list[Finding]:
    """What each engine lacks, and how a run of it would go."""
    found = []
    for engine in ENGINES.values():
        outlook = [
            Finding(engine.title, str(o.message), GOOD if o.good else WARNING)
            for o in engine.outlook(width, height, runs)
        ]
        if (reason := engine.make().missing()) is not None:
            found.append(Finding(engine.title, str(reason), WARNING))
        elif not outlook:
            found.append(Finding(engine.title, said("engines.ready")))
        found += outlook
    return found


def _history(runs: Runs) -> list[Finding]:
    recent = runs.recent(5)
    if not recent:
        return [Finding("Runs", said("doctor.no-runs"))]
    return [Finding("Runs", str(_about(run))) for run in recent]


def _about(run: Run) -> Message:
    which = " ".join(map(str, (run.engine, run.request.get("resolution", ""), run.plan)))
    if not run.peak_vram:
        return note("doctor.run", which=which, outcome=run.outcome, time=duration(run.seconds))
    peak = gigabytes(run.peak_vram)
    return note("doctor.run-on-card", which=which, outcome=run.outcome, time=duration(run.seconds), peak=peak)


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())
