"""From latents to pixels: the finished layers one by one, and the small preview of a run that is going on."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from engine.document import Pixels
from engine.qwen.child.task import Size, Task

PREVIEW_SIDE = 160


def decode(pipe: Any, latents: Any, size: Size, task: Task) -> Pixels:
    """Layer by layer: all at once would be the peak of the whole run. Returns uint8 layers x height x width x 4."""
    made = []
    frames = _unscaled(pipe, latents, size)
    for index in range(size.layers):
        task.check()
        made.append(pixels(pipe, frames[index : index + 1]))
        task.meter.part((index + 1) / size.layers)
    return np.concatenate(made)


def pixels(pipe: Any, frames: Any) -> Pixels:
    """uint8 n x h x w x 4 of unscaled latents."""
    decoded = pipe.vae.decode(frames, return_dict=False)[0].squeeze(2)
    # A tiled decode leaves out this clamp (diffusers issue 13581, still so in 0.42), and 8 bits would wrap around.
    decoded = decoded.clamp(-1.0, 1.0)
    pictures = pipe.image_processor.postprocess(decoded, output_type="pil")
    return np.stack([np.asarray(picture, dtype=np.uint8) for picture in pictures])


def preview(pipe: Any, packed: Any, size: Size) -> Pixels:
    """The layers as they would be if the run ended here, small, side by side: uint8 h x (layers * w) x 4."""
    frames = _unscaled(pipe, packed.to(pipe.vae.dtype), size)
    high, wide = frames.shape[-2:]
    shrink = max(1.0, max(high, wide) * 8 / PREVIEW_SIDE)
    small = (max(2, round(high / shrink)), max(2, round(wide / shrink)))
    reduced = torch.nn.functional.adaptive_avg_pool2d(frames[:, :, 0].float(), small).to(frames.dtype)
    tiles = [pixels(pipe, reduced[i : i + 1, :, None])[0] for i in range(size.layers)]
    return np.concatenate(tiles, axis=1)


def _unscaled(pipe: Any, latents: Any, size: Size) -> Any:
    """Packed latents as the VAE takes them: layers x 16 x 1 x h x w, without the re-rendered whole image."""
    unpack = pipe._unpack_latents  # noqa: SLF001 - the pipeline's own arithmetic, which is to be the same
    frames = unpack(latents, size.high, size.wide, size.layers, pipe.vae_scale_factor)
    frames = frames.to(pipe.vae.dtype)
    shape = (1, pipe.vae.config.z_dim, 1, 1, 1)
    mean = torch.tensor(pipe.vae.config.latents_mean).view(shape).to(frames.device, frames.dtype)
    spread = 1.0 / torch.tensor(pipe.vae.config.latents_std).view(shape).to(frames.device, frames.dtype)
    frames = frames / spread + mean
    return frames[:, :, 1:].permute(0, 2, 1, 3, 4).reshape(size.layers, -1, 1, *frames.shape[3:])
