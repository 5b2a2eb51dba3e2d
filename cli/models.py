"""`unflatten models`: which models there are, and getting, checking and removing them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from cli.ending import INTERRUPTED, fail, one_sentence

if TYPE_CHECKING:
    from engine.models.store import Store
    from engine.models.transfer import Transfer

SUBJECT = "subject"

app = typer.Typer(
    help="The models that engines use: list, fetch, verify, remove.", rich_markup_mode=None, no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="Which model, as `unflatten models list` calls it.")]
Mirror = Annotated[
    str | None, typer.Option(envvar="HF_ENDPOINT", help="Address of a mirror; default: as set in the window.")
]
Token = Annotated[
    str | None, typer.Option(envvar="HF_TOKEN", help="Your key for the hub; default: as set in the window.")
]


@app.command("list")
def list_models() -> None:
    """Say which models there are, how large they are and whether they are here."""
    with one_sentence():
        from engine.models import subject

        present = subject.path_if_present()
        rows = [(SUBJECT, "finds the subject of a photo (u2netp)", "0.005 GB", "present" if present else "absent")]
        store = _store(None, None)
        for state in store.states():
            rows.append((state.entry.id, state.entry.title, f"{state.entry.gigabytes:.1f} GB", state.status))
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        print(f"In {store.root}; {store.free() / 1e9:.1f} GB of the disk are free.")


@app.command("fetch")
def fetch(name: Name, mirror: Mirror = None, token: Token = None) -> None:
    """Download a model; run it again to go on where it stopped."""
    with one_sentence():
        if name == SUBJECT:
            from engine.models import subject

            print(f"The subject model is at {subject.fetch()}")
            return
        from engine.models.store import entry_for

        entry = entry_for(name)
        store = _store(mirror, token)
        about = f"{entry.title}: {entry.gigabytes:.1f} GB, {store.free() / 1e9:.1f} GB of the disk are free."
        print(f"{about} Licence: {entry.licence}", file=sys.stderr)
        try:
            with _transfer("Fetching") as report:
                folder = store.fetch(entry, report, Event())
        except KeyboardInterrupt:
            fail("Stopped; what came so far is kept, and the same command goes on from there.", INTERRUPTED)
        print(f"{entry.title} is at {folder}")


@app.command("verify")
def verify(name: Name) -> None:
    """Check every file of a model by its hash; damaged ones are removed, so that fetch brings them again."""
    with one_sentence():
        from engine.errors import RunFailed
        from engine.models.store import entry_for

        if name == SUBJECT:
            from engine.models import subject

            if subject.path_if_present() is None:
                raise RunFailed("The subject model is missing or damaged; run: unflatten models fetch subject")
            print("The subject model is whole.")
            return
        with _transfer("Checking") as report:
            bad = _store(None, None).verify(entry_for(name), report, Event())
        if bad:
            raise RunFailed(f"{len(bad)} files were missing or damaged; run: unflatten models fetch {name}")
        print("Every file is whole.")


@app.command("remove")
def remove(name: Name) -> None:
    """Delete a model from this computer."""
    with one_sentence():
        from engine.models.store import entry_for

        if name == SUBJECT:
            from engine.models import subject

            subject.model_path().unlink(missing_ok=True)
            print("The subject model was removed.")
            return
        freed = _store(None, None).remove(entry_for(name))
        print(f"Removed; {freed / 1e9:.1f} GB are free again.")


def _store(mirror: str | None, token: str | None) -> Store:
    """With what the flags say, or else what was set in the window."""
    from engine.models import access
    from engine.models.store import Store

    saved = access.load()
    return Store(endpoint=mirror or saved.mirror, token=token or saved.token)


@contextmanager
def _transfer(title: str) -> Iterator[Callable[[Transfer], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda t: bar.update(task, description=f"{title} {t.file}"[:48], total=t.total, completed=t.done)
