"""Blocks on several devices: what a block is called with is brought to where its weights lie. Runs in the child."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import torch

STATES = ("hidden_states", "encoder_hidden_states")
"""Arguments that every block makes anew; the others are the same for all blocks of a call."""


def devices_of(devices: Sequence[str], spread: Sequence[int], first: Any, blocks: int) -> list[Any]:
    """The torch device of each block; without a spread all are on `first`."""
    if not spread:
        return [first] * blocks
    return [torch.device(name) for name, count in zip(devices, spread, strict=True) for _ in range(count)]


def move(tensor: Any, device: Any) -> Any:
    """The tensor on that device; on a card the copy runs beside the work."""
    return tensor.to(device, non_blocking=True)


class Carrier:
    """Brings arguments to one device. What blocks have in common is copied once a call, not once a block."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._known: dict[int, tuple[Any, Any]] = {}

    def __call__(self, _block: Any, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """A forward pre-hook of a block. Raises nothing."""
        self._known = {key: pair for key, pair in self._known.items() if pair[0]() is not None}
        moved = {name: self.bring(value, name not in STATES) for name, value in named.items()}
        return tuple(self.bring(value, False) for value in given), moved

    def bring(self, value: Any, common: bool) -> Any:
        """The tensors in `value` (a tensor, a tuple, list or dict of them, or something else) on the device."""
        if isinstance(value, dict):
            return {key: self.bring(one, common) for key, one in value.items()}
        if isinstance(value, (tuple, list)):
            return type(value)(self.bring(one, common) for one in value)
        if not isinstance(value, torch.Tensor) or value.device == self._device:
            return value
        if not common:
            return move(value, self._device)
        known = self._known.get(id(value))
        if known is None or known[0]() is not value:
            known = self._known[id(value)] = (weakref.ref(value), move(value, self._device))
        return known[1]


def connect(blocks: Sequence[Any], devices: Sequence[Any], first: Any) -> None:
    """Let blocks on other devices than `first` get their arguments there, and the last one give its results back."""
    carriers = {device: Carrier(device) for device in dict.fromkeys(devices)}
    for block, device in zip(blocks, devices, strict=True):
        block.register_forward_pre_hook(carriers[device], with_kwargs=True)
    home = Carrier(first)
    blocks[-1].register_forward_hook(lambda _block, _given, made: home.bring(made, False))
