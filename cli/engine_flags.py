"""Flags of `unflatten decompose` that only some engines understand: one for each setting that an engine describes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Optional

import typer

from engine.engines import ENGINES
from engine.options import Setting, settings_of
from engine.words import said

MAX_SEED = 2**31


def parameters() -> list[inspect.Parameter]:
    """A parameter of the command for each setting of each engine, None where the flag is not given."""
    found: dict[str, inspect.Parameter] = {}
    for engine in ENGINES.values():
        if engine.options is not None:
            for one in settings_of(engine.options()).values():
                if one.flag and one.name not in found:
                    found[one.name] = _parameter(one)
    return list(found.values())


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings whose flags were given, in the order of the flags."""
    return {name: value for name, value in values.items() if value is not None}


def seeds_from(text: str) -> list[int]:
    """Different seeds in their order. Raises typer.BadParameter for anything else than numbers with commas."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) < MAX_SEED for part in parts):
        raise typer.BadParameter(said("command.no-seeds", text=text))
    return list(dict.fromkeys(int(part) for part in parts))


def _parameter(one: Setting) -> inspect.Parameter:
    name = one.name.replace("_", "-")
    decided = f"--{name}/--no-{name}" if one.kind is bool else f"--{name}"
    kind: Any = str if issubclass(one.kind, StrEnum) else one.kind  # a wrong one is said as any other bad setting
    annotation = Annotated[Optional[kind], typer.Option(decided, help=said(one.flag))]  # noqa: UP045
    return inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
