"""The model's parts at full size with random weights, which take the memory and time of the real ones."""

from __future__ import annotations

import json
import shutil
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.errors import InputError
from engine.qwen.child.loading import Denoiser, DiskLoader, empty_transformer, place
from engine.qwen.child.placement import Tick
from engine.qwen.planning.records import How
from engine.qwen.planning.weights import Weights, check_gguf
from engine.words.amounts import gigabytes

FULL: dict[str, Any] = {
    "num_layers": 60,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 3584,
    "axes_dims_rope": (16, 56, 56),
    "use_additional_t_cond": True,
    "use_layer3d_rope": True,
}
TINY = FULL | {"num_layers": 3, "attention_head_dim": 16, "num_attention_heads": 2, "joint_attention_dim": 32}
TINY["axes_dims_rope"] = (4, 6, 6)
FULL_VAE: dict[str, Any] = {"base_dim": 96, "z_dim": 16, "input_channels": 4}
TINY_VAE = {"base_dim": 4, "z_dim": 16, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1, "input_channels": 4}
ENCODER_BYTES = 16_600_000_000
POOL = 75_000_000
SEED = 7
SPREAD = 0.02
"""Standard deviation of the weights."""
GROUP, GROUP_BYTES = 32, 18
"""Q4_0: so many numbers lie in so many bytes, a 16-bit scale and 4 bits each."""


class RandomSource:
    """Random tensors by name, always the same ones, cut from one pool so that making 41 GB takes no time."""

    def __init__(self, shapes: dict[str, tuple[int, ...]]) -> None:
        self.shapes = shapes
        generator = torch.Generator().manual_seed(SEED)
        size = min(POOL, 2 * max(int(np.prod(s)) for s in shapes.values()))
        self._pool = (torch.randn(size, generator=generator) * SPREAD).to(torch.bfloat16)

    def get(self, name: str) -> Any:
        """The tensor of that name: the same random numbers each time."""
        shape = self.shapes[name]
        count = int(np.prod(shape))
        start = zlib.crc32(name.encode()) % max(1, self._pool.numel() - count)
        return self._pool[start : start + count].view(shape)


class RandomLoader(DiskLoader):
    """Parts of the real classes at the given size, with random weights; a GGUF file is read as in any run."""

    def __init__(self, tiny: bool) -> None:
        self.config: dict[str, Any] = TINY if tiny else FULL
        self._vae: dict[str, Any] = TINY_VAE if tiny else FULL_VAE
        shapes = {n: tuple(p.shape) for n, p in empty_transformer(self.config).named_parameters()}
        self.source = RandomSource(shapes)

    def texts(self, _weights: Weights) -> tuple[Any, Any, Any]:
        """(scheduler, tokenizer, processor): the scheduler alone is real; no text is read."""
        from diffusers import FlowMatchEulerDiscreteScheduler

        return FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), None, None

    def vae(self, _weights: Weights | None, device: Any, dtype: Any) -> Any:
        """The VAE with random weights, on the device."""
        from diffusers import AutoencoderKLQwenImage

        torch.manual_seed(SEED)
        with torch.device(device):
            made = AutoencoderKLQwenImage(**self._vae)
        return made.to(dtype).eval().requires_grad_(False)

    def transformer(self, weights: Weights, device: Any, dtype: Any, how: How, tick: Tick) -> Denoiser:
        """The denoiser with random weights, placed as `how` says."""
        if weights.gguf is not None:
            return super().transformer(weights, device, dtype, how, tick)
        return place(empty_transformer(self.config), self.source, device, dtype, how, tick)

    def weights(self) -> Weights:
        """The sizes of what is loaded, as planning wants them."""
        sizes = {name: 2 * int(np.prod(shape)) for name, shape in self.source.shapes.items()}
        blocks = {n: b for n, b in sizes.items() if n.startswith("transformer_blocks.")}
        return Weights(
            folder=Path("random"),
            transformer_bytes=sum(sizes.values()),
            encoder_bytes=ENCODER_BYTES,
            vae_bytes=sum(2 * p.numel() for p in self.vae(None, torch.device("cpu"), torch.float32).parameters()),
            blocks=self.config["num_layers"],
            width=self.config["num_attention_heads"] * self.config["attention_head_dim"],
            block_bytes=sum(blocks.values()),
            table_bytes=sum(b for n, b in blocks.items() if "_mod." in n),
            key="random",
        )

    def gguf_weights(self, folder: Path) -> Weights:
        """The same denoiser as a Q4_0 file that is written to `folder`. Raises InputError where the disk is full."""
        plain = self.weights()
        need = int(plain.transformer_bytes / 2 * GROUP_BYTES / GROUP * 1.05)
        if shutil.disk_usage(folder).free < need:
            raise InputError("qwen.bench-disk-full", folder=str(folder), need=gigabytes(need))
        (folder / "transformer").mkdir(exist_ok=True)
        (folder / "transformer" / "config.json").write_text(
            json.dumps({"_class_name": "QwenImageTransformer2DModel", **self.config}), encoding="utf-8"
        )
        file = write_gguf(folder / "random-Q4_0.gguf", self.source)
        tensors = check_gguf(file, self.config)
        return replace(
            plain,
            folder=folder,
            gguf=file,
            transformer_bytes=sum(b for _, b in tensors),
            block_bytes=sum(b for n, b in tensors if n.startswith("transformer_blocks.")),
        )


def write_gguf(file: Path, source: RandomSource) -> Path:
    """The source's tensors as a GGUF file like the public ones: matrices in Q4_0 (random numbers of the same spread,
    not the source's own), vectors in F32, the one embedding in BF16."""
    import gguf

    kinds = gguf.GGMLQuantizationType
    writer = gguf.GGUFWriter(str(file), "qwen_image")
    groups = _groups(max(int(np.prod(s)) for s in source.shapes.values()) // GROUP + 1)
    for name, shape in source.shapes.items():
        if "addition_t_embedding" in name:
            data, kind = source.get(name).view(torch.uint8).numpy(), kinds.BF16
        elif len(shape) == 2 and shape[1] % GROUP == 0:
            count = shape[0] * shape[1] // GROUP
            start = zlib.crc32(name.encode()) % max(1, len(groups) - count)
            data, kind = groups[start : start + count].reshape(shape[0], -1), kinds.Q4_0
        else:
            data, kind = source.get(name).float().numpy(), kinds.F32
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _groups(count: int) -> Any:
    """uint8 2 * count x 18: random Q4_0 groups; -8 .. 7 times the scale has the weights' spread."""
    rng = np.random.default_rng(SEED)
    groups = rng.integers(0, 256, (2 * count, GROUP_BYTES), dtype=np.uint8)
    groups[:, :2] = np.frombuffer(np.float16(SPREAD / 4.6).tobytes(), dtype=np.uint8)
    return groups
