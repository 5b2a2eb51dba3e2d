"""Which weights a run uses: those that the user chose, else those that were fetched."""

from __future__ import annotations

from pathlib import Path

from engine.errors import EngineUnavailable, InputError
from engine.models.catalog import FETCH
from engine.models.store import State, Store
from engine.qwen.options import QwenOptions
from engine.settings import options_of


def weights_for(options: QwenOptions) -> tuple[Path, Path | None]:
    """(diffusers folder, GGUF file for the denoiser or None).

    A folder in the options is taken as it is. Else it is the one that the user chose in the settings, which window and
    command share. Else it is the first model of the catalogue that is whole, so that the 16-bit one goes before a GGUF.
    A GGUF file in the options or the settings goes with any of them. Raises EngineUnavailable, with the way out, where
    none is here.
    """
    if options.model is not None:
        return options.model, options.gguf
    kept = options_of("qwen", QwenOptions)
    gguf = options.gguf or kept.get("gguf")
    if chosen := kept.get("model"):
        return chosen, gguf
    states = [s for s in Store().states() if s.entry.id.startswith("qwen-image-layered")]
    for state in states:
        if state.status == "present" or _brought(state):
            own = state.folder / state.entry.gguf if state.entry.gguf else None
            return state.folder, gguf or own
    if begun := next((s for s in states if s.status == "partial"), None):
        raise EngineUnavailable("qwen.weights-begun", title=begun.entry.title, id=begun.entry.id)
    raise EngineUnavailable("qwen.weights-missing", fetch=FETCH)


def _brought(state: State) -> bool:
    """True where the user put the files there by hand, so that there is no list of them but they are whole."""
    if state.status != "partial" or not (state.folder / "model_index.json").is_file():
        return False
    from engine.qwen.planning.weights import inspect

    try:
        inspect(state.folder, state.folder / state.entry.gguf if state.entry.gguf else None)
    except InputError:
        return False
    except ImportError:  # without the library for GGUF files it cannot be looked into; that it is missing is said later
        return True
    return True
