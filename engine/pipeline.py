"""A whole run: engine, lift, names, document. The window and the command line both come through here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Event

from engine.decomposer import Lift, Progress, Report, Request, Result, Stage, WorkingStack, check
from engine.document import Document, Layer
from engine.editing.edits import clean_name
from engine.engines import choose
from engine.errors import Cancelled, RunFailed, UnflattenError
from engine.lifting.lift import Lifted, lift
from engine.words import Message, note

log = logging.getLogger(__name__)

ENGINE_SHARE = 0.8
"""Part of the progress bar that belongs to the engine; the rest is the lift."""

NAME_LENGTH = 40
"""Characters of a layer's name, at most: what the layer panel shows."""
NUMBER_LENGTH = 5
"""Of them, kept free for a number after the name."""
KNOWN_FROM = 0.05
"""Share of the run from which on the time left can be told from the pace."""


def decompose(
    document: Document, request: Request, report: Report | None = None, cancelled: Event | None = None
) -> Result:
    """Separate `request.image`, which is `document.original`, into a new document of the same size and colour space.

    Raises Cancelled, or an UnflattenError that says what to do next; `document` is never changed.
    """
    cancelled = cancelled or Event()
    choice = choose(request.engine, request.options)
    engine = choice.engine
    whole = _WholeRun(report or (lambda _progress: None))
    started = time.monotonic()
    stack = engine.run(request, whole.part(0.0, ENGINE_SHARE), cancelled)
    check(cancelled)
    if not stack.layers:
        raise RunFailed("pipeline.no-layers")
    finishing = whole.part(ENGINE_SHARE, 1.0)
    finishing(Progress(Stage.FINISHING))
    lifted = _lifted(request, stack, engine.id, finishing, cancelled)
    check(cancelled)
    notes: list[Message] = [*choice.notes, *lifted.notes]
    named = _named(lifted.layers, notes)
    if len(named) == 1:
        notes.append(note("pipeline.one-layer"))
    return Result(
        document=replace(document, nodes=named, original=request.image),
        engine=engine.id,
        seconds=time.monotonic() - started,
        recomposition=lifted.recomposition,
        notes=tuple(notes),
        splittable=lifted.splittable,
    )


def _lifted(request: Request, stack: WorkingStack, engine: str, report: Report, cancelled: Event) -> Lifted:
    """The stack lifted as asked for; where making it exact fails, the layers as they are, with a note: the engine may
    have worked for minutes."""

    def bring(mode: Lift) -> Lifted:
        return lift(
            request.image,
            stack,
            mode=mode,
            engine=engine,
            report=lambda fraction: report(Progress(Stage.FINISHING, fraction=fraction)),
            cancelled=cancelled,
        )

    try:
        return bring(request.lift)
    except (Cancelled, UnflattenError):
        raise
    except Exception as error:
        if request.lift is Lift.NONE:
            raise
        log.exception("the lift failed")
        lifted = bring(Lift.NONE)
        failed = note("pipeline.not-lifted", error=type(error).__name__)
        return replace(lifted, notes=(*lifted.notes, failed))


def unique_names(names: Iterable[str]) -> list[str]:
    """The names, printable, under 40 characters, with " 2", " 3" … after the first of each."""
    out: list[str] = []
    taken: set[str] = set()
    for name in names:
        base = _shortened(clean_name(name) or "Layer")
        candidate, number = base, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{base[: NAME_LENGTH - NUMBER_LENGTH]} {number}"
        taken.add(candidate.casefold())
        out.append(candidate)
    return out


def _shortened(name: str) -> str:
    if len(name) < NAME_LENGTH:
        return name
    cut = name[: NAME_LENGTH - 2]
    return (cut.rsplit(" ", 1)[0] if " " in cut[NAME_LENGTH // 2 :] else cut).rstrip(" ,.;:-") + "…"


def _named(layers: Iterable[Layer], notes: list[Message]) -> tuple[Layer, ...]:
    """The layers under names of their own; as they are called already, with a note, where naming fails."""
    layers = tuple(layers)
    try:
        names = unique_names(layer.name for layer in layers)
    except Exception:
        log.exception("naming failed")
        notes.append(note("pipeline.not-named"))
        return layers
    return tuple(replace(layer, name=name) for layer, name in zip(layers, names, strict=True))


class _WholeRun:
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
        if known is not None or elapsed < 1 or self._fraction < KNOWN_FROM:
            return known
        return elapsed * (1 - self._fraction) / self._fraction
