"""The same request with several seeds, to choose from. One run each: a batch mixes up the layers."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Event

from engine.decomposer import Progress, Report, Request, Result
from engine.document import Document
from engine.errors import Cancelled, UnflattenError
from engine.words import Message, note

log = logging.getLogger(__name__)

KNOWN_FROM = 0.05
"""Share of all runs from which on the time left can be told from the pace."""


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """What one seed gave."""

    seed: int
    result: Result


@dataclass(frozen=True, slots=True, eq=False)
class Variants:
    """What was finished, in the order of the seeds, and what there is to say about what was not."""

    done: tuple[Variant, ...]
    note: Message | None = None


def decompose_seeds(
    document: Document, request: Request, seeds: Iterable[int], report: Report, cancelled: Event
) -> Variants:
    """Take `request.image`, which is `document.original`, apart once for each seed.

    After a cancel or an error what is finished comes back; raises Cancelled or the error where nothing is.
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
            return Variants(tuple(done), note("pipeline.cancelled-after", done=len(done), wanted=len(chosen)))
        except Exception as error:
            if not done:
                raise
            log.exception("variant %d of %d failed", len(done) + 1, len(chosen))
            return Variants(tuple(done), _only_some(len(done), len(chosen), error))
        done.append(Variant(seed, result))
    return Variants(tuple(done))


def _only_some(done: int, wanted: int, error: Exception) -> Message:
    if isinstance(error, UnflattenError):
        return note("pipeline.only-some", done=done, wanted=wanted, error=error.message)
    if isinstance(error, MemoryError):
        return note("pipeline.only-some", done=done, wanted=wanted, error=note("general.out-of-memory"))
    return note("pipeline.only-some-failed", done=done, wanted=wanted, error=type(error).__name__)


def _part(report: Report, index: int, count: int, started: float) -> Report:
    """Puts one run's progress on the scale of all; its time left is that of all."""

    def part(progress: Progress) -> None:
        fraction = (index + progress.fraction) / count
        left = (time.monotonic() - started) * (1 - fraction) / fraction if fraction > KNOWN_FROM else None
        report(replace(progress, fraction=fraction, eta_seconds=left))

    return part
