"""This machine as torch can use it, in the child process: `engine/hardware.py` sees it without torch."""

from __future__ import annotations

from dataclasses import replace

import torch

from engine.hardware import APPLE, cores, host_memory, nvidia_cards, tflops_of
from engine.qwen.planning.plan import Gpu, Machine

USUAL_BUS = 20e9
"""Bytes a second to a card that nvidia-smi does not tell of."""


def probe_torch() -> Machine:
    """This machine as torch can use it, with the memory that is free now."""
    gpus: list[Gpu] = []
    seen = {g.index: g for g in nvidia_cards()}
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        about = torch.cuda.get_device_properties(index)
        free, total = torch.cuda.mem_get_info(index)
        gpus.append(
            Gpu(
                index=index,
                name=str(about.name),
                total=int(total),
                free=int(free),
                capability=(int(about.major), int(about.minor)),
                tflops=tflops_of(str(about.name)),
                bus=seen[index].bus if index in seen else USUAL_BUS,
            )
        )
    if not gpus and torch.backends.mps.is_available():
        gpus.append(_apple())
    return Machine(tuple(gpus), *host_memory(), cores=cores())


def _apple() -> Gpu:
    limit = int(torch.mps.recommended_max_memory())
    used = int(torch.mps.driver_allocated_memory())
    return replace(APPLE, total=limit, free=limit - used)
