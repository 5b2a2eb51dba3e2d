"""`unflatten models`: which models there are, and getting, checking and removing them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from cli.ending import INTERRUPTED, fail, one_sentence
from engine.words import said
from engine.words.amounts import GB, size

if TYPE_CHECKING:
    from engine.models.store import Store
    from engine.models.transfer import Transfer

app = typer.Typer(help=said("models.help"), rich_markup_mode=None, no_args_is_help=True)
Name = Annotated[str, typer.Argument(help=said("models.help-name"))]
Mirror = Annotated[str | None, typer.Option(envvar="HF_ENDPOINT", help=said("models.help-mirror"))]
Token = Annotated[str | None, typer.Option(envvar="HF_TOKEN", help=said("models.help-token"))]


@app.command("list", help=said("models.help-list"))
def list_models() -> None:
    """Print a row for each model of the catalogue, and how much room is left."""
    with one_sentence():
        store = _store(None, None)
        rows = [(s.entry.id, s.entry.title, size(s.entry.gigabytes * GB), s.status) for s in store.states()]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        print(said("models.disk", folder=str(store.root), free=size(store.free())))


@app.command("fetch", help=said("models.help-fetch"))
def fetch(name: Name, mirror: Mirror = None, token: Token = None) -> None:
    """Bring a model here; the flags go before what was set in the window."""
    with one_sentence():
        from engine.models.store import entry_for

        entry = entry_for(name)
        store = _store(mirror, token)
        room = {"size": size(entry.gigabytes * GB), "free": size(store.free())}
        about = said("models.about", title=entry.title, licence=entry.licence, **room)
        print(about, file=sys.stderr)
        try:
            with _transfer("Fetching") as report:
                folder = store.fetch(entry, report, Event())
        except KeyboardInterrupt:
            fail(said("models.stopped"), INTERRUPTED)
        print(said("models.is-at", title=entry.title, folder=str(folder)))


@app.command("verify", help=said("models.help-verify"))
def verify(name: Name) -> None:
    """Check a model's files; ends with an error where some were bad."""
    with one_sentence():
        from engine.errors import RunFailed
        from engine.models.store import entry_for

        with _transfer("Checking") as report:
            bad = _store(None, None).verify(entry_for(name), report, Event())
        if bad:
            raise RunFailed("models.bad-files", count=len(bad), name=name)
        print(said("models.whole"))


@app.command("remove", help=said("models.help-remove"))
def remove(name: Name) -> None:
    """Delete a model and say how much room that gave."""
    with one_sentence():
        from engine.models.store import entry_for

        freed = _store(None, None).remove(entry_for(name))
        print(said("models.removed", size=size(freed)))


def _store(mirror: str | None, token: str | None) -> Store:
    """With what the flags say, or else what was set in the window."""
    from engine.models import access
    from engine.models.store import Store

    saved = access.load()
    return Store(endpoint=mirror or saved.mirror, token=token or saved.token)


@contextmanager
def _transfer(title: str) -> Iterator[Callable[[Transfer], None]]:
    """A bar on stderr; gives what a job reports to."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda t: bar.update(task, description=f"{title} {t.file}"[:48], total=t.total, completed=t.done)
