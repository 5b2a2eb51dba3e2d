"""Which engines there are: one record each. Nobody else names one.

Window, command and doctor read the records; an engine's own module is imported when it is first used. Adding an engine
is adding a record here and a folder beside `builtin/`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import EngineUnavailable, InputError
from engine.words import Message

if TYPE_CHECKING:
    from engine.decomposer import Decomposer, Outlook
    from engine.runs import Runs

AUTO = "auto"
"""The id that stands for the best engine that can run here."""


def _nothing() -> None:
    """What an engine does to close that keeps nothing running."""


def _nothing_to_say(_width: int, _height: int, _runs: Runs) -> Sequence[Outlook]:
    """The outlook of an engine that runs anywhere."""
    return ()


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine as the others know it.

    Attributes:
        id: what a request, a flag and a layer's provenance call it. title: what a person calls it.
        hint: a few words to choose it by. called: its name at the beginning of a sentence, "" for the title.
        make: the engine itself; imports what it needs.
        options: the class of its settings, a frozen dataclass, or None where it has none.
        has_seeds: another seed gives other layers.
        layers: how many can be asked for.
        close: ends what it keeps running between runs, such as a model's process.
        outlook: how a run on a picture of that width and height in px would go here; loads nothing.
        table: every way to run it here, as text, for a picture of that size; None where there is only one.
        bench: measures it at full size, with the arguments of a command line; None where there is no such thing.
    """

    id: str
    title: str
    hint: str
    make: Callable[[], Decomposer]
    called: str = ""
    options: Callable[[], type[Any]] | None = None
    has_seeds: bool = False
    layers: range = range(2, 11)
    close: Callable[[], None] = _nothing
    outlook: Callable[[int, int, Runs], Sequence[Outlook]] = _nothing_to_say
    table: Callable[[int, int, Runs], str] | None = None
    bench: Callable[[list[str]], int] | None = None

    @property
    def subject(self) -> str:
        """Its name at the beginning of a sentence."""
        return self.called or self.title


def _builtin() -> Decomposer:
    from engine.builtin.engine import BuiltinEngine

    return BuiltinEngine()


def _qwen() -> Decomposer:
    from engine.qwen.engine import QwenEngine

    return QwenEngine()


def _qwen_options() -> type[Any]:
    from engine.qwen.options import QwenOptions

    return QwenOptions


def _close_qwen() -> None:
    from engine.qwen.host import shutdown

    shutdown()


def _qwen_outlook(width: int, height: int, runs: Runs) -> Sequence[Outlook]:
    from engine.qwen.outlook import outlook

    return outlook(width, height, runs)


def _qwen_table(width: int, height: int, runs: Runs) -> str:
    from engine.qwen.outlook import table

    return table(width, height, runs)


def _bench_qwen(arguments: list[str]) -> int:
    from engine.models.catalog import INSTALL

    try:
        from engine.qwen.bench.run import main
    except ImportError:
        raise EngineUnavailable("qwen.bench-needs-torch", install=INSTALL) from None
    return main(arguments)


ENGINES: dict[str, Engine] = {
    engine.id: engine
    for engine in (
        Engine(
            "builtin",
            "Built-in",
            "Needs no download and no graphics card",
            _builtin,
            called="The built-in engine",
        ),
        Engine(
            "qwen",
            "Qwen-Image-Layered",
            "A large model: needs its weights, and better a graphics card",
            _qwen,
            options=_qwen_options,
            has_seeds=True,
            close=_close_qwen,
            outlook=_qwen_outlook,
            table=_qwen_table,
            bench=_bench_qwen,
        ),
    )
}
"""From the one that always runs to the one that gives most."""

_made: set[str] = set()
"""Ids of engines that were made in this process: the only ones that can have something to close."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """An engine, its record, and one sentence for each better one that is here and was passed over."""

    engine: Decomposer
    record: Engine
    notes: tuple[Message, ...] = ()


def choose(engine_id: str, options: object | None = None) -> Choice:
    """The engine with that id; "auto" is the best one that can run here, with `options` if they name its weights, in
    a time that a user may be left to wait for.

    Raises InputError for an unknown id and EngineUnavailable, with the way out, for one that cannot run.
    """
    if engine_id != AUTO:
        return _named(engine_id, options)
    notes: list[Message] = []
    for record in reversed(ENGINES.values()):
        engine = _make(record)
        if engine.missing(options) is not None:
            continue
        if (reason := engine.unwise(options)) is None:
            return Choice(engine, record, tuple(notes))
        notes.append(reason)
    raise EngineUnavailable("engines.none-can-run")


def engine_for(engine_id: str, options: object | None = None) -> Decomposer:
    """The engine that `choose` gives."""
    return choose(engine_id, options).engine


def with_settings(engine_id: str) -> Engine | None:
    """The engine whose settings go with a request for that id: its own; with "auto", those of the best that has any,
    because they may name its weights. None where there are none."""
    asked = [ENGINES[engine_id]] if engine_id in ENGINES else list(ENGINES.values())
    return next((engine for engine in reversed(asked) if engine.options is not None), None)


def close_all() -> None:
    """End what engines keep running between runs; imports no engine that was not used."""
    for engine_id in sorted(_made & ENGINES.keys()):
        ENGINES[engine_id].close()


def _named(engine_id: str, options: object | None) -> Choice:
    if engine_id not in ENGINES:
        raise InputError("engines.unknown", id=engine_id, known=" or ".join(ENGINES))
    record = ENGINES[engine_id]
    engine = _make(record)
    if (reason := engine.missing(options)) is not None:
        raise EngineUnavailable.of(reason)
    return Choice(engine, record)


def _make(record: Engine) -> Decomposer:
    _made.add(record.id)
    return record.make()


__all__ = ["AUTO", "ENGINES", "Choice", "Engine", "choose", "close_all", "engine_for", "with_settings"]
