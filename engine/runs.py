"""What past runs took (SQLite): where estimates come from once there are runs, and what ran out of memory here."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

DONE, CANCELLED, FAILED, OUT_OF_MEMORY = "done", "cancelled", "failed", "out of memory"

PEAK = "peak"

_SCHEMA = """
create table if not exists runs (
    id integer primary key, at real not null, engine text not null, request text not null, plan text not null,
    device text not null, phases text not null, predicted text not null, peak_vram integer not null,
    peak_ram integer not null, free_vram integer not null, outcome text not null, message text not null
)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        request: what was asked for, as plain data (resolution, layers, steps, cfg, seed ...), without the image.
        plan: id of the memory plan. device: name of the GPU, or "cpu".
        phases: seconds by phase that had something to do. predicted: what is predicted for them without any record,
            and under "peak" the bytes on the GPU.
        peak_vram, peak_ram, free_vram: bytes; free_vram is what was free before.
        outcome: "done", "cancelled", "failed" or "out of memory". at: seconds since 1970.
    """

    engine: str
    request: Mapping[str, Any]
    plan: str = ""
    device: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)
    predicted: Mapping[str, float] = field(default_factory=dict)
    peak_vram: int = 0
    peak_ram: int = 0
    free_vram: int = 0
    outcome: str = DONE
    message: str = ""
    at: float = 0.0

    @property
    def seconds(self) -> float:
        """Of all phases together."""
        return sum(self.phases.values())


class Runs:
    """The record of runs in one file. A record that cannot be read or written never stops a run."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, run: Run) -> None:
        """Keep a run, as of now where it has no time."""
        values = asdict(run)
        values["at"] = run.at or time.time()
        for key in ("request", "phases", "predicted"):
            values[key] = json.dumps(dict(values[key]), default=str)
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        with contextlib.suppress(OSError, sqlite3.Error), self._open() as database:
            database.execute(f"insert into runs ({names}) values ({marks})", values)

    def recent(self, limit: int = 50, engine: str | None = None) -> list[Run]:
        """The last runs, newest first."""
        query = "select * from runs where engine = ? or ? is null order by at desc, id desc limit ?"
        with contextlib.suppress(OSError, sqlite3.Error), self._open() as database:
            return [_run(row) for row in database.execute(query, (engine, engine, limit))]
        return []

    def scale(self, engine: str, device: str) -> dict[str, dict[str, float]]:
        """Measured over predicted, by plan id and phase, on that device: the median of the last five runs that were
        done, kept within 0.1 .. 10. Under "peak" how far memory went beyond what was predicted, 1 .. 2: the largest of
        the five. Less is not believed, because a warm run does not load everything."""
        ratios: dict[str, dict[str, list[float]]] = {}
        for run in self.recent(200, engine):
            if run.outcome == DONE and run.device == device:
                measured = {**run.phases, PEAK: float(run.peak_vram)}
                for phase, expected in run.predicted.items():
                    if expected > 0 and measured.get(phase, 0.0) > 0:
                        ratios.setdefault(run.plan, {}).setdefault(phase, []).append(measured[phase] / expected)
        return {plan: {phase: _factor(phase, r) for phase, r in found.items()} for plan, found in ratios.items()}

    def out_of_memory(
        self, engine: str, device: str, work: float, free: int, work_of: Callable[[Run], float]
    ) -> frozenset[str]:
        """Plans that ran out of memory on that device with as much work or less and as much free (bytes) as now, and
        that have not been done since with as much or more. `work_of`: how much a run was of, in the engine's measure.
        """
        failed: set[str] = set()
        for run in reversed(self.recent(200, engine)):
            if run.device != device:
                continue
            if run.outcome == OUT_OF_MEMORY and work_of(run) <= work and free <= run.free_vram * 1.05:
                failed.add(run.plan)
            elif run.outcome == DONE and work_of(run) >= work:
                failed.discard(run.plan)
        return frozenset(failed)

    def clear(self) -> None:
        """Forget all runs."""
        with contextlib.suppress(OSError, sqlite3.Error), self._open() as database:
            database.execute("delete from runs")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=5.0)
        database.row_factory = sqlite3.Row
        try:
            database.execute(_SCHEMA)
            with database:
                yield database
        finally:
            database.close()


def default_runs() -> Runs:
    """This user's record."""
    import platformdirs

    return Runs(Path(platformdirs.user_data_dir("unflatten", appauthor=False)) / "runs.sqlite")


def _factor(phase: str, ratios: list[float]) -> float:
    """`ratios` newest first."""
    if phase == PEAK:
        return min(2.0, max(1.0, *ratios[:5]))
    return min(10.0, max(0.1, statistics.median(ratios[:5])))


def _run(row: sqlite3.Row) -> Run:
    values = {key: row[key] for key in row.keys() if key != "id"}  # noqa: SIM118 (a Row iterates its values)
    for key in ("request", "phases", "predicted"):
        values[key] = json.loads(values[key])
    return Run(**values)
