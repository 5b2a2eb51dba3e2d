"""The same request with several seeds, to choose from. One run each: a batch mixes up the layers."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Event

from engine.decomposer import Progress, Report, Request, Result
from engine.document import Document
from engine.errors import Cancelled, UnflattenError


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """What one seed gave."""

    seed: int
    result: Result


@dataclass(frozen=True, slots=True, eq=False)
class Variants:
    """What was finished, in the order of the seeds, and a sentence about what was not, or ""."""

    done: tuple[Variant, ...]
    note: str = ""


def decompose_seeds(
    document: Document, request: Request, seeds: Iterable[int], report: Report, cancelled: Event
) -> Variants:
    """Take `request.image`, which is `document.original`, apart once for each seed.

    After a cancel or an error what is finished comes back; raises Cancelled or the UnflattenError where nothing is.
    """
    from engine.pipeline import decompose

    chosen = list(seeds)
    done: list[Variant] = []
    started = time.monotonic()
    for seed in chosen:
        part = _part(report, len(done), len(chosen), started)
        try:
            result = decompose(document, replace(request, seed=seed), part, cancelled)
        except Cancelled:
            if not done:
                raise
            return Variants(tuple(done), f"Cancelled after {len(done)} of {len(chosen)} variants.")
        except UnflattenError as error:
            if not done:
                raise
            return Variants(tuple(done), f"Only {len(done)} of {len(chosen)} variants were made: {error}")
        done.append(Variant(seed, result))
    return Variants(tuple(done))


def _part(report: Report, index: int, count: int, started: float) -> Report:
    """Puts one run's progress on the scale of all; its time left is that of all."""

    def part(progress: Progress) -> None:
        fraction = (index + progress.fraction) / count
        left = (time.monotonic() - started) * (1 - fraction) / fraction if fraction > 0.05 else None
        report(replace(progress, fraction=fraction, eta_seconds=left))

    return part
