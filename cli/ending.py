"""How a command ends: one sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def say(notes: Iterable[object]) -> None:
    """Each note in words, on stderr."""
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn what went wrong into one sentence on stderr and an exit code."""
    from engine.errors import InputError, OutputError, UnflattenError

    try:
        yield
    except (InputError, OutputError) as error:
        fail(str(error), USAGE)
    except UnflattenError as error:
        fail(str(error), FAILED)
    except MemoryError:
        fail("The computer ran out of memory; close other programs or use a smaller image.", FAILED)
    except KeyboardInterrupt:
        fail("Stopped; nothing was left half-written.", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(FAILED) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        import logging

        logging.getLogger("unflatten").debug("Unexpected error", exc_info=True)
        fail(f"Something went wrong inside Unflatten ({type(error).__name__}: {error}); please report it.", FAILED)


def fail(sentence: str, code: int) -> NoReturn:
    print(f"unflatten: {sentence}", file=sys.stderr)
    raise typer.Exit(code)
