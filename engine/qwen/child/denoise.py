"""The denoising steps, with the pipeline's own arithmetic; each can be stopped between two blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from engine.errors import RunFailed
from engine.qwen.child.decode import preview
from engine.qwen.child.loading import Denoiser
from engine.qwen.child.task import Size, Task
from engine.qwen.child.texts import Embeds, Pair
from engine.qwen.options import QwenOptions

PREVIEWS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Latents:
    """`noise` 1 x tokens x 64, packed; `condition` the packed image."""

    noise: Any
    condition: Any


def denoise(pipe: Any, denoiser: Denoiser, pair: Pair, start: Latents, size: Size, task: Task) -> Any:
    """All steps. Returns the packed layers, 1 x tokens x 64."""
    latents, steps = start.noise, task.options.steps
    timesteps = _timesteps(pipe, start, steps)
    denoiser.prepare(timesteps, lambda _done: task.check())
    pipe.scheduler.set_begin_index(0)
    fixed = _fixed(size, latents.device)
    task.enter("denoise", steps)
    every = max(2, steps // PREVIEWS)
    for index, step in enumerate(timesteps):
        task.check()
        denoiser.at(index)
        timestep = step.expand(1).to(latents.dtype) / 1000
        before, sigma = latents, pipe.scheduler.sigmas[index]
        predicted = _predict(denoiser.model, pair, Latents(latents, start.condition), timestep, fixed, task.options)
        latents = pipe.scheduler.step(predicted, step, latents, return_dict=False)[0]
        shown = None
        if (index + 1) % every == 0 and index + 1 < steps:
            clean = before - sigma.to(before) * predicted
            shown = task.comfort.attempt("qwen.no-preview", lambda: preview(pipe, clean, size), None)  # noqa: B023
        if latents.is_cuda:
            torch.cuda.synchronize()  # a step that is reported is a step that is done
        task.meter.step(index + 1, steps, shown)
    if not torch.isfinite(latents).all():
        raise RunFailed("qwen.numbers-out-of-range")
    return latents


def stop_between_blocks(model: Any, task: Task) -> Any:
    """Let the model's blocks raise Cancelled where the user has asked to stop. Returns the hooks, to be removed."""
    return [block.register_forward_pre_hook(lambda _m, _a: task.check(), prepend=True) for block in _blocks(model)]


def _blocks(model: Any) -> list[Any]:
    return list(model.transformer_blocks)


def _timesteps(pipe: Any, start: Latents, steps: int) -> Any:
    from diffusers.pipelines.qwenimage.pipeline_qwenimage_layered import retrieve_timesteps

    sigmas = np.linspace(1.0, 0, steps + 1)[:-1]
    mu = (start.condition.shape[1] / 256) ** 0.5
    timesteps, _ = retrieve_timesteps(pipe.scheduler, steps, start.noise.device, sigmas=sigmas, mu=mu)
    return timesteps


def _fixed(size: Size, device: Any) -> dict[str, Any]:
    """What every call of the denoiser is given alike."""
    frame = (1, size.high // 16, size.wide // 16)
    return {
        "img_shapes": [[frame] * (size.layers + 2)],
        "additional_t_cond": torch.zeros(1, dtype=torch.long, device=device),
        "return_dict": False,
    }


def _predict(model: Any, pair: Pair, now: Latents, timestep: Any, fixed: dict[str, Any], options: QwenOptions) -> Any:
    """The guided prediction of one step."""
    joined = torch.cat([now.noise, now.condition], dim=1)

    def call(name: str, text: Embeds) -> Any:
        with model.cache_context(name):
            out = model(
                hidden_states=joined,
                timestep=timestep,
                encoder_hidden_states_mask=text.mask,
                encoder_hidden_states=text.states,
                **fixed,
            )[0]
        return out[:, : now.noise.size(1)]

    wanted = call("cond", pair.wanted)
    if pair.unwanted is None:
        return wanted
    unwanted = call("uncond", pair.unwanted)
    guided = unwanted + options.cfg * (wanted - unwanted)
    if not options.cfg_normalize:
        return guided
    return guided * (torch.norm(wanted, dim=-1, keepdim=True) / torch.norm(guided, dim=-1, keepdim=True))
