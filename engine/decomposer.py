"""What an engine is: a request in, progress out, working layers back. A contract, which knows no engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import Protocol

from engine.document import Document, LayerKind, Pixels
from engine.errors import Cancelled, InputError
from engine.words import Message


class Stage(StrEnum):
    """What a run is doing, in words that a person understands; runs go through them in this order."""

    LOADING = "Loading model"
    READING = "Reading the image"
    DESCRIBING = "Describing"
    SEPARATING = "Separating"
    FINISHING = "Finishing layers"
    NAMING = "Naming"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    Attributes:
        step, total: position within the stage, e.g. 12 of 50; 0 of 0 where a stage has no steps.
        fraction: of the whole run, 0..1, never falling.
        eta_seconds: time left, or None while it is not known.
        preview: a small uint8 H x W x 4 picture of the layers so far, or None.
        message: a sentence worth keeping on screen (how the run is placed in memory), or None.
        caption: what the engine says the image shows, once it has said it, or "".
    """

    stage: Stage
    step: int = 0
    total: int = 0
    fraction: float = 0.0
    eta_seconds: float | None = None
    preview: Pixels | None = None
    message: Message | None = None
    caption: str = ""


class Lift(StrEnum):
    """What happens to an engine's layers: brought to the source's own size and made exact, or left as they are."""

    FULL = "full"
    NONE = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """Everything about a run: the same request to the same engine gives the same layers.

    Attributes:
        image: uint8 H x W x 4 straight alpha, the source at its own size.
        layers: how many layers are wanted, 2..10, or None for as many as the picture has.
        options: the engine's own settings (a frozen dataclass that it defines), or None for its defaults.
    """

    image: Pixels
    engine: str = "auto"
    layers: int | None = None
    lift: Lift = Lift.FULL
    seed: int = 0
    options: object | None = None

    def __post_init__(self) -> None:
        if self.layers is not None and not 2 <= self.layers <= 10:
            raise InputError("engines.layers-out-of-range", layers=self.layers)


@dataclass(frozen=True, slots=True, eq=False)
class WorkingLayer:
    """One layer as an engine made it, at the engine's working size.

    Attributes:
        pixels: uint8 h x w x 4 straight alpha.
        left, top: position on the working canvas.
        text: what was read on it, or "".
        score: the engine's confidence 0..1, or None.
        parts: separate objects on it, which could be split further; 0 where they were not counted.
    """

    pixels: Pixels
    left: int = 0
    top: int = 0
    name: str = ""
    kind: LayerKind = LayerKind.OBJECT
    text: str = ""
    score: float | None = None
    parts: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class WorkingStack:
    """What an engine returns: layers bottom to top on a canvas of `width` x `height`, which may be smaller than the
    source and differ slightly in aspect. `notes` are for the user (a layer dropped, a model missing)."""

    width: int
    height: int
    layers: tuple[WorkingLayer, ...]
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Recomposition:
    """How well the stack gives the image back, over every channel of every pixel (colour premultiplied by alpha).

    Attributes:
        max_abs_error: largest difference in 8-bit steps.
        within_1: share of pixels whose every channel is within 1 step, 0..1.
    """

    max_abs_error: int
    within_1: float


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A finished run: the layered document and what there is to say about it.

    Attributes:
        splittable: ids of layers that hold several separate objects, which another run could take apart.
    """

    document: Document
    engine: str
    seconds: float
    recomposition: Recomposition
    notes: tuple[Message, ...] = ()
    splittable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """One thing to say about how an engine would do on this computer; `good` is False for a warning."""

    message: Message
    good: bool = True


Report = Callable[[Progress], None]


class Decomposer(Protocol):
    """An engine. `run` ends in exactly one of: a stack, `Cancelled`, or an `UnflattenError` that says what to do."""

    id: str
    title: str

    def missing(self, options: object | None = None, /) -> Message | None:
        """None where the engine can run here, else one sentence that says what it lacks and how to get it.

        `options` are the engine's own settings (`Request.options`): they may name weights of the user's own.
        """

    def unwise(self, options: object | None = None, /) -> Message | None:
        """None where a run is worth starting unasked; else one sentence that says why another engine is better here.

        Asked only where nothing is `missing`, and only to choose for a user who left the choice to the program.
        """

    def run(self, request: Request, report: Report, cancelled: Event) -> WorkingStack:
        """Separate `request.image`. Polls `cancelled` often and raises `Cancelled` soon after it is set."""


def check(cancelled: Event) -> None:
    """Raise `Cancelled` if the user has asked to stop."""
    if cancelled.is_set():
        raise Cancelled
