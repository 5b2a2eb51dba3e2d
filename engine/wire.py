"""What a run asks for and what it says, as frozen messages that travel: to the child process, over HTTP, through Ray.

A message becomes a `Frame`, a header of plain JSON data and any number of uint8 arrays, and a frame becomes a message.
The header carries the version; one that is newer than this program is refused with a sentence. Nothing is pickled. An
engine's own settings and facts travel as plain data that the engine itself types (`plain`, `typed`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Self, TypeAlias, TypeVar, get_args, get_type_hints

import numpy as np
from pydantic import PlainSerializer, PlainValidator, TypeAdapter, ValidationError

from engine import errors
from engine.decomposer import Stage
from engine.document import LayerKind, Pixels
from engine.errors import InputError, RunFailed, UnflattenError
from engine.words import Message, note

VERSION = 1
"""Raised with every change that an older program would misread."""
ARRAYS = "arrays"

T = TypeVar("T")
Plain: TypeAlias = dict[str, Any]
"""JSON data."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A message on its way: `header` is JSON data, `arrays` are uint8 arrays of any shape."""

    header: Plain
    arrays: tuple[Pixels, ...] = ()


def plain(value: object) -> Any:
    """A dataclass or other typed value as JSON data."""
    return _adapter(type(value)).dump_python(value, mode="json")


def typed(kind: type[T], data: object) -> T:
    """The value of that type that `plain` wrote. Raises InputError for anything else."""
    try:
        return _adapter(kind).validate_python(data)
    except ValidationError as error:
        raise InputError("wire.unreadable", kind=kind.__name__) from error


def plain_message(message: Message) -> Plain:
    """A sentence's id and values; a value that is a message itself is nested."""
    values = {name: plain_message(v) if isinstance(v, Message) else v for name, v in message.values}
    return {"id": message.id, "values": values}


def message_of(data: Mapping[str, Any]) -> Message:
    """The sentence that `plain_message` wrote."""
    values = {name: message_of(v) if isinstance(v, dict) else v for name, v in data["values"].items()}
    return note(data["id"], **values)


Words = Annotated[
    Message, PlainSerializer(plain_message), PlainValidator(lambda v: v if isinstance(v, Message) else message_of(v))
]


@dataclass(frozen=True, slots=True)
class Account:
    """What the record keeps of a run, however it ended.

    Attributes:
        took: seconds by phase. ram: most bytes of host memory. phase: the one it ended in, "" after the last.
    """

    took: dict[str, float] = field(default_factory=dict)
    ram: int = 0
    phase: str = ""


# -- what is asked


@dataclass(frozen=True, slots=True, eq=False)
class RunAsked:
    """Separate the image.

    Attributes:
        engine: its id. options: its settings. known: what the asking side knows that the engine can use.
        layers: how many; `auto` where the engine may make fewer.
        image: uint8 H x W x 4 straight alpha, the source at its own size.
    """

    engine: str
    options: Plain
    layers: int
    auto: bool
    seed: int
    known: Plain
    image: Pixels = field(metadata={ARRAYS: "one"})


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """Stop the run that is under way."""


@dataclass(frozen=True, slots=True)
class MachineAsked:
    """Say what devices there are."""


# -- what is said


@dataclass(frozen=True, slots=True)
class Alive:
    """A sign of life."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The devices, as the engine describes them."""

    about: Plain


@dataclass(frozen=True, slots=True, eq=False)
class Progressed:
    """Where the run stands; see `engine.decomposer.Progress`. `patience`: seconds until the next one is overdue."""

    stage: Stage
    step: int
    total: int
    fraction: float
    eta_seconds: float | None
    patience: float
    preview: Pixels | None = field(default=None, metadata={ARRAYS: "one"})


@dataclass(frozen=True, slots=True)
class Planned:
    """How the run is placed.

    Attributes:
        id: of the plan. about: what a person should read of it. device: where; free: bytes free there.
        predicted: seconds by phase, and bytes as "peak" on a GPU, without any record of earlier runs.
    """

    id: str
    about: Words
    device: str
    free: int
    predicted: dict[str, float]


@dataclass(frozen=True, slots=True)
class Captioned:
    """What the engine says that the image shows."""

    text: str


@dataclass(frozen=True, slots=True)
class MemoryRanOut:
    """That plan did not fit after all; what follows is another one, or the end."""

    plan: str
    account: Account


@dataclass(frozen=True, slots=True)
class LayerMade:
    """What is known about a layer; see `engine.decomposer.WorkingLayer`."""

    name: str
    kind: LayerKind
    text: str = ""
    parts: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """The result: layers bottom to top, all of one size; `layers` and `pixels` belong together.

    Attributes:
        peaks: most bytes on the device, by phase; empty on a processor.
    """

    caption: str
    notes: tuple[Words, ...]
    layers: tuple[LayerMade, ...]
    peaks: dict[str, int]
    account: Account
    pixels: tuple[Pixels, ...] = field(metadata={ARRAYS: "several"})


@dataclass(frozen=True, slots=True)
class Failed:
    """The run ended with an error. `type`: which of `engine.errors`. `broken`: the process is of no use any more."""

    type: str
    message: Words
    account: Account = field(default_factory=Account)
    broken: bool = False

    @classmethod
    def of(cls, error: UnflattenError, account: Account, *, broken: bool = False) -> Self:
        """What to say of that error."""
        return cls(type(error).__name__, error.message, account, broken)

    def error(self) -> UnflattenError:
        """The error again; one of a kind that is not known here is a failed run."""
        kind = getattr(errors, self.type, RunFailed)
        known = isinstance(kind, type) and issubclass(kind, UnflattenError)
        return (kind if known else RunFailed).of(self.message)


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run was cancelled."""

    account: Account = field(default_factory=Account)


WireMessage: TypeAlias = (
    RunAsked | CancelAsked | MachineAsked | Alive | Machine | Progressed | Planned | Captioned | MemoryRanOut | Done
    | Failed | Stopped
)  # fmt: skip
MESSAGES: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(WireMessage)}


def to_wire(message: WireMessage) -> Frame:
    """The message on its way."""
    kind = type(message)
    data: Plain = {}
    arrays: list[Pixels] = []
    for name, hint, held in _parts(kind):
        value = getattr(message, name)
        if not held:
            data[name] = _adapter(hint).dump_python(value, mode="json")
            continue
        own = () if value is None else tuple(value) if held == "several" else (value,)
        data[name] = len(own)
        arrays += own
    return Frame({"version": VERSION, "kind": kind.__name__, "data": data}, tuple(arrays))


def from_wire(frame: Frame) -> WireMessage:
    """The message that `to_wire` wrote. Raises InputError for one that is newer than this program, and for any other
    that it cannot read."""
    version, name = frame.header.get("version"), str(frame.header.get("kind"))
    if isinstance(version, int) and version > VERSION:
        raise InputError("wire.newer", version=version, known=VERSION)
    if version != VERSION or name not in MESSAGES:
        raise InputError("wire.unreadable", kind=name)
    kind = MESSAGES[name]
    try:
        made: WireMessage = kind(**_values(kind, frame))
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        raise InputError("wire.unreadable", kind=name) from error
    return made


def _values(kind: type[Any], frame: Frame) -> Plain:
    data, waiting = frame.header["data"], list(frame.arrays)
    values: Plain = {}
    for name, hint, held in _parts(kind):
        if not held:
            values[name] = _adapter(hint).validate_python(data[name])
            continue
        own = [waiting.pop(0) for _ in range(data[name])]
        values[name] = tuple(own) if held == "several" else own[0] if own else None
    if waiting or any(array.dtype != np.uint8 for array in frame.arrays):
        raise ValueError("arrays that belong to nothing")
    return values


_adapters: dict[Any, TypeAdapter[Any]] = {}
_known_parts: dict[type[Any], tuple[tuple[str, Any, str], ...]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _parts(kind: type[Any]) -> tuple[tuple[str, Any, str], ...]:
    """(name, type, "", or how many arrays it is) of each field."""
    if kind not in _known_parts:
        hints = get_type_hints(kind, include_extras=True)
        _known_parts[kind] = tuple((f.name, hints[f.name], f.metadata.get(ARRAYS, "")) for f in fields(kind))
    return _known_parts[kind]
