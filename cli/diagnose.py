"""`unflatten doctor` and `unflatten bench`: what this computer can do, and measuring it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.ending import one_sentence


def doctor(
    plans: Annotated[bool, typer.Option("--plans", help="List every memory plan and what it needs.")] = False,
) -> None:
    """Say what this computer can do, what it lacks and how to get it."""
    with one_sentence():
        import engine.doctor as check

        print(check.plans() if plans else check.report(check.examine()))


def bench(context: typer.Context, engine: Annotated[str, typer.Argument(help="Which engine: qwen.")]) -> None:
    """Measure an engine at full size with random weights; --help after the engine lists its options."""
    with one_sentence():
        from engine.engines import ENGINES
        from engine.errors import InputError

        benches = {e.id: e.bench for e in ENGINES.values() if e.bench is not None}
        if engine not in benches:
            raise InputError("engines.no-benchmark", id=engine, known=", ".join(benches))
        raise typer.Exit(benches[engine](context.args))
