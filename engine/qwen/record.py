"""What the record of runs says about plans of this model."""

from __future__ import annotations

from engine.qwen.planning.geometry import image_tokens
from engine.runs import Run, Runs

ENGINE = "qwen"


def tokens_of(run: Run) -> int:
    """About how many image tokens a run was of: what its memory goes by. 0 where the record does not say."""
    resolution = int(run.request.get("resolution") or 0)
    return image_tokens(resolution, int(run.request.get("layers") or 0)) if resolution else 0


def held_back(runs: Runs, device: str, resolution: int, layers: int, free: int) -> frozenset[str]:
    """Plans that ran out of memory on that device with as many tokens or fewer and as much free (bytes) as now, and
    that have not been done since with as many or more."""
    return runs.out_of_memory(ENGINE, device, image_tokens(resolution, layers), free, tokens_of)
