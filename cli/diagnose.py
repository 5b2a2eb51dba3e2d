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
        from engine.errors import EngineUnavailable, InputError
        from engine.models.catalog import INSTALL

        if engine != "qwen":
            raise InputError(f"There is no benchmark called {engine}; choose qwen.")
        try:
            from engine.qwen.bench.run import main
        except ImportError:
            raise EngineUnavailable(f"The benchmark needs PyTorch: {INSTALL}") from None
        raise typer.Exit(main(context.args))
