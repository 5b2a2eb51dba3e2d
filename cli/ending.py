"""How a command ends: one sentence on stderr and an exit code; a traceback only with --debug."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from engine.words import Message, said

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def say(notes: Iterable[Message]) -> None:
    """Print notes to stderr, a line each."""
    for note in notes:
        print(said("ending.note", text=note), file=sys.stderr)


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn what went wrong into one sentence on stderr and an exit code."""
    from engine import log
    from engine.errors import InputError, OutputError, UnflattenError

    log.start()
    try:
        yield
    except (InputError, OutputError) as error:
        fail(str(error), USAGE)
    except UnflattenError as error:
        fail(str(error), FAILED)
    except MemoryError:
        fail(said("general.out-of-memory"), FAILED)
    except KeyboardInterrupt:
        fail(said("ending.stopped"), INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(FAILED) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:  # noqa: BLE001 - the last door: whatever it is becomes a sentence and a trace in the log
        fail(str(log.unforeseen(error, "a command")), FAILED)


def fail(sentence: str, code: int) -> NoReturn:
    """End the command with a sentence on stderr and that exit code."""
    print(f"unflatten: {sentence}", file=sys.stderr)
    raise typer.Exit(code)
