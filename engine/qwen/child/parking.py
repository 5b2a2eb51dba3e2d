"""Whoever works is on the device, the others wait in host memory: the denoiser's blocks, and the VAE. In the child."""

from __future__ import annotations

from typing import Any

from engine.qwen.child.placement import PackedBlock


class Parked:
    """Packed blocks in host memory that come to the device all together, stay while they work, and go again."""

    def __init__(self, packed: list[PackedBlock], device: Any) -> None:
        self.packed = packed
        self._device = device
        self.awake = False

    def wake(self) -> None:
        """Bring all blocks to the device, unless they are there."""
        if self.awake:
            return
        for pack in self.packed:
            pack.attach(pack.buffer.to(self._device, non_blocking=True))
        self.awake = True

    def sleep(self) -> None:
        """Give the device's memory back; the weights stay in host memory."""
        for pack in self.packed:
            pack.empty()
        self.awake = False

    def close(self) -> None:
        """Let go of the host's memory."""
        self.sleep()
        for pack in self.packed:
            pack.release()


def take_turns(model: Any, vae: Any, device: Any) -> None:
    """Let the VAE lie in host memory while the denoiser is called, and come to the device to encode and decode."""

    def leave(_model: Any, _given: Any) -> None:
        if next(vae.parameters()).device.type != "cpu":
            vae.to("cpu")

    model.register_forward_pre_hook(leave)
    for name in ("encode", "decode"):
        setattr(vae, name, _there(vae, getattr(vae, name), device))


def _there(vae: Any, work: Any, device: Any) -> Any:
    def working(*given: Any, **named: Any) -> Any:
        vae.to(device)
        return work(*given, **named)

    return working
