"""Sizes that the model works at. Pure arithmetic, equal to the pipeline's own."""

from __future__ import annotations

import math

RESOLUTIONS = (640, 1024)
VAE_SCALE = 8
PATCH = 2


def bucket_size(resolution: int, width: int, height: int) -> tuple[int, int]:
    """(width, height) in px that the model works at for a source of that size: about `resolution` squared, sides
    multiples of 32. The aspect ratio changes by up to about 3 %; layers are stretched back with separate factors."""
    ratio = width / height
    wide = math.sqrt(resolution * resolution * ratio)
    high = wide / ratio
    return max(32, round(wide / 32) * 32), max(32, round(high / 32) * 32)


def frame_tokens(width: int, height: int) -> int:
    """Tokens of one frame of that size."""
    return (width // (VAE_SCALE * PATCH)) * (height // (VAE_SCALE * PATCH))


def image_tokens(resolution: int, layers: int, width: int = 1, height: int = 1) -> int:
    """Image tokens of one denoiser call: `layers` frames, the composite frame and the condition frame."""
    return (layers + 2) * frame_tokens(*bucket_size(resolution, width, height))
