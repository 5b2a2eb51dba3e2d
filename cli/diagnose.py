"""`unflatten doctor` and `unflatten bench`: what this computer can do, and measuring it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.ending import one_sentence
from engine.engines import ENGINES
from engine.words import said

MEASURED = ", ".join(engine.id for engine in ENGINES.values() if engine.bench is not None)


def doctor(
    plans: Annotated[bool, typer.Option("--plans", help=said("doctor.plans"))] = False,
) -> None:
    """Say what this computer can do, what it lacks and how to get it."""
    with one_sentence():
        import engine.doctor as check

        print(check.plans() if plans else check.report(check.examine()))


def bench(
    context: typer.Context, engine: Annotated[str, typer.Argument(help=said("doctor.bench", known=MEASURED))]
) -> None:
    """Measure an engine at full size with random weights; --help after the engine lists its options."""
    with one_sentence():
        from engine.errors import InputError

        measure = ENGINES[engine].bench if engine in ENGINES else None
        if measure is None:
            raise InputError("engines.no-benchmark", id=engine, known=MEASURED)
        raise typer.Exit(measure(context.args))
