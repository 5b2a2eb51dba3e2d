"""A whole run: engine, lift, names, document. The window and the command line both come through here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Event

from engine.decomposer import Progress, Report, Request, Result, Stage, check
from engine.document import Document, Layer
from engine.editing.edits import clean_name
from engine.engines import choose
from engine.errors import RunFailed
from engine.lifting.lift import lift

ENGINE_SHARE = 0.8
"""Part of the progress bar that belongs to the engine; the rest is the lift."""

NAME_LENGTH = 40
ONE_LAYER = "Nothing could be told apart from the background; cut it with a selection, or try another engine."


def decompose(
    document: Document, request: Request, report: Report | None = None, cancelled: Event | None = None
) -> Result:
    """Separate `request.image`, which is `document.original`, into a new document of the same size and colour space.

    Raises Cancelled, or an UnflattenError that says what to do next; `document` is never changed.
    """
    cancelled = cancelled or Event()
    choice = choose(request.engine, request.options)
    engine = choice.engine
    clock = _Clock(report or (lambda _progress: None))
    started = time.monotonic()
    stack = engine.run(request, clock.part(0.0, ENGINE_SHARE), cancelled)
    check(cancelled)
    if not stack.layers:
        raise RunFailed("No layers were found in this image; try another engine or another number of layers.")
    finishing = clock.part(ENGINE_SHARE, 1.0)
    finishing(Progress(Stage.FINISHING))
    lifted = lift(
        request.image,
        stack,
        mode=request.lift,
        engine=engine.id,
        report=lambda fraction: finishing(Progress(Stage.FINISHING, fraction=fraction)),
        cancelled=cancelled,
    )
    check(cancelled)
    named = _named(lifted.layers)
    alone = (ONE_LAYER,) if len(named) == 1 else ()
    return Result(
        document=replace(document, nodes=named, original=request.image),
        engine=engine.id,
        seconds=time.monotonic() - started,
        recomposition=lifted.recomposition,
        notes=(*choice.notes, *lifted.notes, *alone),
        splittable=lifted.splittable,
    )


def unique_names(names: Iterable[str]) -> list[str]:
    """The names, printable, under 40 characters, with " 2", " 3" … after the first of each."""
    out: list[str] = []
    taken: set[str] = set()
    for name in names:
        base = _shortened(clean_name(name) or "Layer")
        candidate, number = base, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{base[: NAME_LENGTH - 5]} {number}"
        taken.add(candidate.casefold())
        out.append(candidate)
    return out


def _shortened(name: str) -> str:
    if len(name) < NAME_LENGTH:
        return name
    cut = name[: NAME_LENGTH - 2]
    return (cut.rsplit(" ", 1)[0] if " " in cut[NAME_LENGTH // 2 :] else cut).rstrip(" ,.;:-") + "…"


def _named(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    layers = list(layers)
    names = unique_names(layer.name for layer in layers)
    return tuple(replace(layer, name=name) for layer, name in zip(layers, names, strict=True))


class _Clock:
    """Puts the parts of a run on one scale that never falls, and adds the time left where an engine does not say."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._started = time.monotonic()
        self._fraction = 0.0

    def part(self, start: float, end: float) -> Callable[[Progress], None]:
        def report(progress: Progress) -> None:
            fraction = start + (end - start) * min(max(progress.fraction, 0.0), 1.0)
            self._fraction = max(self._fraction, fraction)
            self._report(replace(progress, fraction=self._fraction, eta_seconds=self._left(progress.eta_seconds)))

        return report

    def _left(self, known: float | None) -> float | None:
        elapsed = time.monotonic() - self._started
        if known is not None or elapsed < 1 or self._fraction < 0.05:
            return known
        return elapsed * (1 - self._fraction) / self._fraction
