"""Where the denoiser's blocks lie: on the device, or in host memory and copied in one block ahead; as they are, or as
8-bit floats; with their modulation layers, or with a table of what those would have said.

A block's weights are packed into one buffer, so that a copy is one transfer at full bus speed. Runs in the child.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn

from engine.qwen.child.fp8 import FP8, FP8_MAX, Linear8, row_scales

ALIGN = 256

Tick = Callable[[int], None]
"""Told the bytes read so far; raises Cancelled to stop."""


class TensorSource(Protocol):
    """Tensors by their names in the model, read one at a time."""

    def get(self, name: str) -> Any:
        """The tensor, on the CPU, in its stored dtype."""


@dataclass(slots=True)
class _Slot:
    """One parameter's place in its block's buffer."""

    owner: Any
    name: str
    shape: tuple[int, ...]
    dtype: Any
    start: int
    nbytes: int
    scale_start: int = -1

    @property
    def parameter(self) -> Any:
        """The parameter as it is now."""
        return getattr(self.owner, self.name)

    @property
    def rounded(self) -> bool:
        """True where float8 numbers lie in the buffer."""
        return self.scale_start >= 0

    @property
    def multiplied(self) -> bool:
        """True where they are used as they lie."""
        return self.rounded and isinstance(self.owner, Linear8)


class PackedBlock:
    """One block's weights in one uint8 buffer, and how to lay them under the block's parameters.

    With `fp8`, matrices are stored as float8 e4m3 with one float32 scale a row (absmax / 448) and widened to `compute`
    when the block runs; vectors stay as they are. Those of a `Linear8` are always stored so and never widened. Nothing
    else is changed.
    """

    def __init__(
        self, block: Any, prefix: str, source: TensorSource, compute: Any, fp8: bool, pin: bool, device: Any
    ) -> None:
        self._device = device  # rounding to 8 bits is done there: 20 s less for the whole model than on a CPU
        self._slots: list[_Slot] = []
        self._compute = compute
        tensors = []
        size = 0
        for full, owner, name, parameter in _parameters(block):
            tensor = source.get(prefix + full)
            raw = not tensor.is_floating_point()
            tensor = tensor if raw else tensor.to(compute)
            rounded = (fp8 or isinstance(owner, Linear8)) and not raw and tensor.ndim == 2
            slot = _Slot(owner, name, tuple(tensor.shape), FP8 if rounded else tensor.dtype, size, 0)
            slot.nbytes = tensor.numel() * (1 if rounded else tensor.element_size())
            size = _aligned(size + slot.nbytes)
            if rounded:
                slot.scale_start = size
                size = _aligned(size + tensor.shape[0] * 4)
            empty = torch.empty(0, dtype=compute if rounded and not slot.multiplied else slot.dtype)
            if parameter.device.type == "meta":
                setattr(owner, name, nn.Parameter(empty, requires_grad=False))
            else:
                parameter.data = empty
            self._slots.append(slot)
            tensors.append(tensor)
        self.nbytes = size
        self.buffer = torch.empty(size, dtype=torch.uint8)
        for slot, tensor in zip(self._slots, tensors, strict=True):
            self._store(slot, tensor)
        self.pinned = pin and _pin(self.buffer)

    def attach(self, buffer: Any) -> None:
        """Let the block's parameters be what `buffer` (on the device) holds."""
        for slot in self._slots:
            view = buffer[slot.start : slot.start + slot.nbytes].view(slot.dtype).view(slot.shape)
            if slot.rounded:
                end = slot.scale_start + slot.shape[0] * 4
                scale = buffer[slot.scale_start : end].view(torch.float32)
                if slot.multiplied:
                    slot.owner.scale = scale[None, :]
                else:
                    view = view.to(self._compute).mul_(scale.to(self._compute)[:, None])
            slot.parameter.data = view

    def detach(self) -> None:
        """Let go of what `attach` widened."""
        for slot in self._slots:
            if slot.rounded and not slot.multiplied:
                parameter = slot.parameter
                parameter.data = torch.empty(0, dtype=self._compute, device=parameter.device)

    def empty(self) -> None:
        """Let go of all that `attach` laid under the block's parameters."""
        for slot in self._slots:
            parameter = slot.parameter
            parameter.data = torch.empty(0, dtype=parameter.dtype)
            if slot.multiplied:
                slot.owner.scale = None

    def to(self, device: Any) -> None:
        """Move the buffer to the device for good."""
        self.buffer = self.buffer.to(device)

    def release(self) -> None:
        """Give up the pinned memory; the block cannot run any more."""
        if self.pinned:
            torch.cuda.cudart().cudaHostUnregister(self.buffer.data_ptr())
            self.pinned = False
        self.buffer = torch.empty(0, dtype=torch.uint8)

    def _store(self, slot: _Slot, tensor: Any) -> None:
        target = self.buffer[slot.start : slot.start + slot.nbytes]
        if not slot.rounded:
            target.copy_(tensor.contiguous().view(-1).view(torch.uint8))
            return
        wide = tensor.to(self._device).float()
        scale = row_scales(wide)
        if not slot.multiplied:
            scale = scale.to(self._compute).float()  # because that is what the block will multiply with
        packed = (wide / scale).clamp_(-FP8_MAX, FP8_MAX).to(FP8)
        target.copy_(packed.view(-1).view(torch.uint8))
        end = slot.scale_start + slot.shape[0] * 4
        self.buffer[slot.scale_start : end].copy_(scale.view(-1).view(torch.uint8))


class Resident:
    """Packed blocks that stay on the device and are widened one at a time."""

    def __init__(self, blocks: list[Any], packed: list[PackedBlock], device: Any) -> None:
        self.packed = packed
        for block, pack in zip(blocks, packed, strict=True):
            pack.to(device)
            block.register_forward_pre_hook(lambda _m, _a, pack=pack: pack.attach(pack.buffer))
            block.register_forward_hook(lambda _m, _a, _o, pack=pack: pack.detach())

    def close(self) -> None:
        """Let go of the blocks."""
        for pack in self.packed:
            pack.release()


class Streamed:
    """Packed blocks in host memory; while one computes, the next is copied into the other of two device buffers."""

    def __init__(self, blocks: list[Any], packed: list[PackedBlock], device: Any) -> None:
        self.packed = packed
        size = max(pack.nbytes for pack in packed)
        self._buffers = [torch.empty(size, dtype=torch.uint8, device=device) for _ in range(2)]
        self._holds = [-1, -1]
        self._cuda = device.type == "cuda"
        if self._cuda:
            self._stream = torch.cuda.Stream(device)
            self._ready = [torch.cuda.Event(), torch.cuda.Event()]
            self._free = [torch.cuda.Event(), torch.cuda.Event()]
        for index, block in enumerate(blocks):
            block.register_forward_pre_hook(lambda _m, _a, index=index: self._enter(index))
            block.register_forward_hook(lambda _m, _a, _o, index=index: self._leave(index))

    def close(self) -> None:
        """Let go of the blocks and of the page-locked memory."""
        if self._cuda:
            torch.cuda.synchronize()
        for pack in self.packed:
            pack.release()
        self._buffers = []

    def _enter(self, index: int) -> None:
        if index not in self._holds:
            self._fetch(index, 0)
        slot = self._holds.index(index)
        if self._cuda:
            torch.cuda.current_stream().wait_event(self._ready[slot])
        self.packed[index].attach(self._buffers[slot])
        following = (index + 1) % len(self.packed)
        if following not in self._holds:
            self._fetch(following, 1 - slot)

    def _leave(self, index: int) -> None:
        self.packed[index].detach()
        if self._cuda:
            self._free[self._holds.index(index)].record(torch.cuda.current_stream())

    def _fetch(self, index: int, slot: int) -> None:
        pack = self.packed[index]
        target = self._buffers[slot][: pack.nbytes]
        self._holds[slot] = index
        if not self._cuda:
            target.copy_(pack.buffer)
            return
        with torch.cuda.stream(self._stream):
            self._stream.wait_event(self._free[slot])
            target.copy_(pack.buffer, non_blocking=True)
            self._ready[slot].record(self._stream)


@dataclass(slots=True)
class Cursor:
    """Which step is running; shared by all rows of a modulation table."""

    index: int = 0


class TableRow(nn.Module):  # type: ignore[misc]
    """Stands in for a block's `img_mod` or `txt_mod`: says what that layer said for the step under the cursor."""

    def __init__(self, rows: Any, cursor: Cursor) -> None:
        super().__init__()
        self._rows = rows
        self._cursor = cursor

    def forward(self, _temb: Any) -> Any:
        """What the layer said for the step that is under way, whatever comes in."""
        return self._rows[self._cursor.index]


def build_table(
    model: Any, source: TensorSource, timesteps: Any, devices: Sequence[Any], dtype: Any, tick: Tick
) -> Cursor:
    """Replace every block's modulation layers by their outputs for `timesteps`, and return the cursor to move.

    Modulation sees only the timestep, so that the outputs for all steps are a table; a step's forward is bit-identical
    to one with the layers, computed row by row with the same kernels. `timesteps` are as the scheduler gives them,
    `devices` those of the blocks; the first one has the timestep's embedding.
    """
    cursor = Cursor()
    device = devices[0]
    rgb = torch.zeros(1, dtype=torch.long, device=device)
    probe = torch.empty(1, dtype=dtype, device=device)
    embeddings = []
    for step in timesteps:
        scaled = step.expand(1).to(device=device, dtype=dtype) / 1000
        embeddings.append(nn.functional.silu(model.time_text_embed(scaled, probe, rgb)))
    done = 0
    for index, block in enumerate(model.transformer_blocks):
        for name in ("img_mod", "txt_mod"):
            prefix = f"transformer_blocks.{index}.{name}.1."
            weight = source.get(prefix + "weight").to(device=device, dtype=dtype)
            bias = source.get(prefix + "bias").to(device=device, dtype=dtype)
            rows = torch.stack([nn.functional.linear(e, weight, bias) for e in embeddings])
            setattr(block, name, TableRow(rows.to(devices[index]), cursor))
            done += weight.numel() * weight.element_size()
            tick(done)
    return cursor


def _parameters(block: Any) -> list[tuple[str, Any, str, Any]]:
    """(full name, owning module, own name, parameter) of every parameter of a block."""
    return [
        (f"{path}.{name}" if path else name, module, name, parameter)
        for path, module in block.named_modules()
        for name, parameter in module.named_parameters(recurse=False, remove_duplicate=False)
    ]


def _aligned(size: int) -> int:
    return (size + ALIGN - 1) // ALIGN * ALIGN


def _pin(buffer: Any) -> bool:
    """Page-lock that memory where it lies; the allocator's own pinned memory would be rounded up to a power of two."""
    if not torch.cuda.is_available():
        return False
    runtime = torch.cuda.cudart()
    with contextlib.suppress(RuntimeError):
        return bool(runtime.cudaHostRegister(buffer.data_ptr(), buffer.numel(), 0) == runtime.cudaError.success)
    return False
