"""`unflatten models`: which models there are, and getting them."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.ending import one_sentence

app = typer.Typer(help="The models that engines use: list, fetch.", rich_markup_mode=None, no_args_is_help=True)


@app.command("list")
def models_list() -> None:
    """Say which models there are, where they lie and whether they are here."""
    with one_sentence():
        from engine.models import subject

        path = subject.path_if_present()
        where = path or "not here; get it with: unflatten models fetch subject"
        print(f"subject  finds the subject of a photo (u2netp)  {where}")


@app.command("fetch")
def models_fetch(name: Annotated[str, typer.Argument(help="Which model: subject.")]) -> None:
    """Download a model."""
    with one_sentence():
        from engine.errors import InputError
        from engine.models import subject

        if name != "subject":
            raise InputError(f"There is no model called {name}; choose subject.")
        print(f"The subject model is at {subject.fetch()}")
