"""Matrix products in 8-bit floats: a Linear whose weights and inputs are float8 e4m3, with a scale for each row.

Runs in the child, on cards from compute capability 8.9 (and, for tests, on the CPU) through torch's own `_scaled_mm`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from engine.errors import EngineUnavailable

FP8 = torch.float8_e4m3fn
FP8_MAX = 448.0
SAME_INPUT = ("attn.to_q", "attn.to_k", "attn.to_v")
STEP = 16
"""The kernels take sides that are multiples of this."""
IMAGE_STREAM = (*SAME_INPUT, "attn.to_out.0", "img_mlp.net.0.proj", "img_mlp.net.2")
"""Linears of a block that work on the image's tokens; the text's few tokens gain nothing and stay as they are."""


def row_scales(wide: Any) -> Any:
    """float32 rows x 1 of a matrix: what its float8 numbers are to be multiplied with."""
    largest = torch.linalg.vector_norm(wide, float("inf"), dim=1, keepdim=True, dtype=torch.float32)
    return (largest / FP8_MAX).clamp_min_(1e-12)


def rounded(states: Any) -> tuple[Any, Any]:
    """(float8 rows x width, float32 rows x 1) of states ... x width; rows are filled up to a multiple of STEP."""
    flat = states.reshape(-1, states.shape[-1])
    rows = flat.shape[0]
    padded = -(-rows // STEP) * STEP
    packed = torch.empty(padded, flat.shape[1], dtype=FP8, device=flat.device)
    scales = torch.ones(padded, 1, dtype=torch.float32, device=flat.device)
    packed[rows:].view(torch.uint8).zero_()
    scales[:rows] = row_scales(flat)
    torch.div(flat, scales[:rows], out=packed[:rows])  # one pass: read in 16 bit, written in 8
    return packed, scales


class Shared:
    """`rounded` for Linears that are given the same states: they are rounded once."""

    def __init__(self) -> None:
        self._of: Any = None
        self._last: tuple[Any, Any] = (None, None)

    def __call__(self, states: Any) -> tuple[Any, Any]:
        if self._of is None or self._of() is not states:
            self._of, self._last = weakref.ref(states), rounded(states)
        return self._last


class Linear8(nn.Module):  # type: ignore[misc]
    """A Linear with float8 weights (out x in), one scale a row, that rounds its input the same way, a scale a token.

    `scale` (float32, 1 x out) belongs to the weights and is set with them.
    """

    def __init__(self, linear: Any, rounding: Callable[[Any], tuple[Any, Any]] = rounded) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias
        self.scale: Any = None
        self._rounding = rounding

    def forward(self, states: Any) -> Any:
        """tokens x in to tokens x out, in the dtype that came."""
        packed, scales = self._rounding(states)
        made = torch._scaled_mm(  # noqa: SLF001 - the products that this is about have no public name in torch 2.6
            packed,
            self.weight.t(),
            scale_a=scales,
            scale_b=self.scale,
            bias=self.bias,
            out_dtype=states.dtype,
            use_fast_accum=True,
        )
        shape = (*states.shape[:-1], made.shape[-1])
        return made[: states.numel() // states.shape[-1]].view(shape)


def multiply_in_8_bits(block: Any, shared: Shared) -> None:
    """Replace the image stream's Linears of a block; they keep their parameters, to be filled as `Linear8` wants.

    `shared` may be the same for all blocks: only what was rounded last is kept.
    """
    for path in IMAGE_STREAM:
        parent, _, name = path.rpartition(".")
        owner = block.get_submodule(parent)
        setattr(owner, name, Linear8(getattr(owner, name), shared if path in SAME_INPUT else rounded))


def require(device: Any, dtype: Any) -> None:
    """Raises EngineUnavailable where this card, driver or torch cannot do these products."""
    linear = nn.Linear(2 * STEP, STEP, device=device, dtype=dtype)
    with torch.no_grad():
        tried = Linear8(linear)
        scales = row_scales(linear.weight)
        tried.weight = nn.Parameter((linear.weight / scales).to(FP8), requires_grad=False)
        tried.scale = scales.t()
        try:
            made = tried(torch.ones(1, 3, 2 * STEP, device=device, dtype=dtype)).float().sum().item()
        except (RuntimeError, NotImplementedError, TypeError) as error:
            raise EngineUnavailable("qwen.products-fail", detail=str(error).splitlines()[0][:120]) from error
    if made != made:
        raise EngineUnavailable("qwen.products-no-numbers")
