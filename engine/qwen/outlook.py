"""What `unflatten doctor` says about this engine: how a run would go here, and every way to place the model."""

from __future__ import annotations

from collections.abc import Sequence

from engine import hardware
from engine.decomposer import Outlook
from engine.qwen.advise import advise, known_weights, plans_for
from engine.qwen.options import QwenOptions
from engine.qwen.planning.geometry import RESOLUTIONS
from engine.qwen.planning.plan import KINDS, Machine, Plan
from engine.qwen.planning.weights import NOMINAL_GGUF
from engine.runs import Runs
from engine.words import Message, note, said
from engine.words.amounts import duration

COLUMNS = ("memory plan", "card GB", "memory GB", "640 px", "1024 px", "what it is, or why it cannot run here")
NONE = "-"


def outlook(width: int, height: int, runs: Runs) -> list[Outlook]:
    """Both resolutions for a picture of that size in px, with what they need. Loads nothing."""
    found = []
    for one in advise(QwenOptions(), width, height, runs=runs):
        message = note("qwen.outlook", sentence=one.sentence, buys=one.buys) if one.fits else one.sentence
        found.append(Outlook(message, one.fits))
    return [*found, Outlook(note("qwen.outlook-plans"))]


def table(width: int, height: int, runs: Runs, machine: Machine | None = None) -> str:
    """Every memory plan: its id, what it takes of the card and of main memory, how long a run takes at both
    resolutions, and why it cannot run here. For a picture of that size in px. Loads nothing."""
    found = _planned(width, height, runs, machine or hardware.probe())
    rows: list[Sequence[str]] = [COLUMNS]
    rows += [_row(k.id, k.title, [found.get((k.id, side)) for side in RESOLUTIONS]) for k in KINDS.values()]
    wide = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, said("qwen.table-foot")])


def _planned(width: int, height: int, runs: Runs, machine: Machine) -> dict[tuple[str, int], Plan]:
    """Every plan by its id and resolution; GGUF plans for the usual file where no other is known."""
    found = {}
    for resolution in RESOLUTIONS:
        options = QwenOptions(resolution=resolution)
        for weights in (known_weights(options), NOMINAL_GGUF):
            _, listed = plans_for(options, width, height, None, machine, runs, weights)
            found.update({(plan.id, resolution): plan for plan in listed})
    return found


def _row(name: str, title: str, plans: Sequence[Plan | None]) -> list[str]:
    here = [plan for plan in plans if plan is not None]
    if len(here) < len(plans):
        return [name, NONE, NONE, NONE, NONE, said("qwen.table-no-card", title=title)]
    small, large = here
    times = [duration(plan.seconds) if plan.fits or plan.slow else NONE for plan in here]
    card = f"{large.peak / 1e9:.1f}" if large.peak else NONE
    return [name, card, f"{large.host / 1e9:.1f}", *times, str(_about(title, small, large))]


def _about(title: str, small: Plan, large: Plan) -> Message:
    if large.fits:
        return note("qwen.table-fits", title=title)
    if small.fits:
        return note("qwen.table-not-large", title=title, why=large.short or "")
    return note("qwen.table-not-here", title=title, why=small.short or "")
