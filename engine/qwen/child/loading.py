"""Weights from the disk into the real classes, a tensor at a time, so that loading shows progress and can be stopped.

Runs in the child. Safetensors and GGUF only; no remote code, nothing is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.errors import Cancelled, InputError
from engine.qwen.child.faults import is_out_of_memory
from engine.qwen.child.fp8 import Shared, multiply_in_8_bits, require
from engine.qwen.child.parking import Parked
from engine.qwen.child.placement import (
    Cursor,
    PackedBlock,
    Resident,
    Streamed,
    TensorSource,
    Tick,
    build_table,
)
from engine.qwen.child.spread import connect, devices_of
from engine.qwen.planning.records import How
from engine.qwen.planning.weights import Weights

BLOCKS = "transformer_blocks."
MODULATION = (".img_mod.", ".txt_mod.")


class SafetensorsSource:
    """The tensors of one part's safetensors files; files are opened as they are needed and stay open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, Any] = {}
        index = sorted(folder.glob("*.safetensors.index.json"))
        if index:
            self._where: dict[str, str] = json.loads(index[0].read_text(encoding="utf-8"))["weight_map"]
        else:
            file = min(folder.glob("*.safetensors")).name
            self._where = dict.fromkeys(self._file(file).keys(), file)

    def names(self) -> set[str]:
        """Of every tensor in the files."""
        return set(self._where)

    def get(self, name: str) -> Any:
        """The tensor, on the CPU, as it is stored. Raises InputError where the files lack it."""
        if name not in self._where:
            raise InputError("qwen.tensor-missing", folder=str(self._folder), name=name)
        return self._file(self._where[name]).get_tensor(name)

    def _file(self, name: str) -> Any:
        if name not in self._open:
            from safetensors import safe_open

            self._open[name] = safe_open(str(self._folder / name), framework="pt", device="cpu")
        return self._open[name]


class ModuleSource:
    """The tensors of a model that is in memory already (from a GGUF file, or with a LoRA merged in)."""

    def __init__(self, model: Any) -> None:
        self._tensors = dict(model.named_parameters())

    def get(self, name: str) -> Any:
        # Its plain storage: a GGUF parameter is moved as bytes and stays under the same object.
        """The tensor, as the module has it."""
        return self._tensors[name].data


class Denoiser:
    """The transformer in its place, with what has to be moved along a run.

    Attributes:
        model: the QwenImageTransformer2DModel, ready to be called.
    """

    def __init__(self, model: Any, devices: Sequence[Any], dtype: Any, source: TensorSource, table: bool) -> None:
        self.model = model
        self._devices = devices
        self._dtype = dtype
        self._source = source
        self._table = table
        self._cursor: Cursor | None = None
        self._key: tuple[float, ...] = ()
        self._store: Resident | Streamed | Parked | None = None

    def hold(self, store: Resident | Streamed | Parked) -> None:
        """Keep what keeps its blocks in their places."""
        self._store = store

    def prepare(self, timesteps: Any, tick: Tick) -> None:
        """Be on the device, with the modulation table for these timesteps unless it is the one that is there."""
        if isinstance(self._store, Parked):
            self._store.wake()
        key = tuple(float(t) for t in timesteps)
        if self._table and key != self._key:
            self._cursor = build_table(self.model, self._source, timesteps, self._devices, self._dtype, tick)
            self._key = key

    def park(self) -> bool:
        """Give the device's memory back and keep the weights in host memory; False where the placement cannot."""
        if not isinstance(self._store, Parked):
            return False
        self._store.sleep()
        return True

    def at(self, step: int) -> None:
        """Say which step runs next."""
        if self._cursor is not None:
            self._cursor.index = step

    def close(self) -> None:
        """Give back what the placement holds."""
        if self._store is not None:
            self._store.close()
        self.model = None
        self._source = ModuleSource(nn.Module())


def empty_transformer(config: dict[str, Any]) -> Any:
    """A transformer of that configuration that holds no weights yet (all on the meta device)."""
    from diffusers import QwenImageTransformer2DModel

    with torch.device("meta"):
        model = QwenImageTransformer2DModel.from_config(config)
    # The rotary frequencies are no parameters: computed, not loaded, so they have to be real.
    model.pos_embed = type(model.pos_embed)(theta=10000, axes_dim=list(config["axes_dims_rope"]), scale_rope=True)
    return model.eval().requires_grad_(False)


def place(model: Any, source: TensorSource, device: Any, dtype: Any, how: How, tick: Tick) -> Denoiser:
    """Fill the model from `source` and put it where `how` says; all that is no block goes to `device`.

    `tick` is told the bytes read so far. Raises EngineUnavailable where `how` wants products that the device cannot do.
    """
    blocks = list(model.transformer_blocks)
    devices = devices_of(how.devices, how.spread, device, len(blocks))
    denoiser = Denoiser(model, devices, dtype, source, how.table)
    done = 0
    for name, _ in list(model.named_parameters()):
        if not name.startswith(BLOCKS):
            done += _put(model, name, source.get(name), device, dtype)
            tick(done)
    if how.table:
        for block in blocks:
            block.img_mod = block.txt_mod = nn.Identity()
    if how.products:
        require(device, dtype)
        shared = Shared()
        for block in blocks:
            multiply_in_8_bits(block, shared)
    if how.place in ("resident", "balanced") and not (how.fp8 or how.products):
        _fill_blocks(model, source, devices, dtype, lambda read: tick(done + read))
        if how.spread:
            connect(blocks, devices, device)
        return denoiser
    packed = _pack(blocks, source, device, dtype, how, lambda read: tick(done + read))
    if how.place == "offload":
        denoiser.hold(Parked(packed, device))
    else:
        denoiser.hold((Streamed if how.place == "streamed" else Resident)(blocks, packed, device))
    return denoiser


def _fill_blocks(model: Any, source: TensorSource, devices: Sequence[Any], dtype: Any, tick: Tick) -> None:
    """Every block's parameters as they are, on its device."""
    done = 0
    for index, device in enumerate(devices):
        for own, _ in list(model.transformer_blocks[index].named_parameters()):
            name = f"{BLOCKS}{index}.{own}"
            done += _put(model, name, source.get(name), device, dtype)
            tick(done)


def _pack(
    blocks: Sequence[Any], source: TensorSource, device: Any, dtype: Any, how: How, tick: Tick
) -> list[PackedBlock]:
    """Every block in one buffer: on the device where it stays there, else in page-locked host memory."""
    packed, done = [], 0
    for index, block in enumerate(blocks):
        pack = PackedBlock(block, f"{BLOCKS}{index}.", source, dtype, how.fp8, how.place != "resident", device)
        if how.place == "resident":
            pack.to(device)
        packed.append(pack)
        done += pack.nbytes
        tick(done)
    return packed


def load_transformer(weights: Weights, device: Any, dtype: Any, how: How, tick: Tick) -> Denoiser:
    """The denoiser of those weights, placed. Raises InputError where the files do not fit the model."""
    config = json.loads((weights.folder / "transformer" / "config.json").read_text(encoding="utf-8"))
    if weights.gguf is None and weights.lora is None:
        source = SafetensorsSource(weights.folder / "transformer")
        model = empty_transformer(config)
        wanted = {name for name, _ in model.named_parameters()}
        if missing := wanted - source.names():
            raise InputError("qwen.tensors-missing", folder=str(weights.folder), count=len(missing))
        return place(model, source, device, dtype, how, tick)
    model = _gguf(weights, dtype) if weights.gguf else _whole(weights, config, dtype, tick)
    if weights.lora is not None:
        apply_lora(model, weights.lora, how.lora_scale)
    return place(model, ModuleSource(model), device, dtype, replace(how, table=how.table and not weights.gguf), tick)


def load_vae(weights: Weights, device: Any, dtype: Any) -> Any:
    """The VAE on the device."""
    from diffusers import AutoencoderKLQwenImage

    vae = AutoencoderKLQwenImage.from_pretrained(
        str(weights.folder / "vae"), torch_dtype=dtype, local_files_only=True, use_safetensors=True
    )
    return vae.to(device).eval().requires_grad_(False)


def load_encoder(weights: Weights, device: Any, dtype: Any) -> Any:
    """The text encoder on the device."""
    from transformers import Qwen2_5_VLForConditionalGeneration

    straight = {"device_map": {"": device}} if device.type == "cuda" else {}  # no copy on the host first
    encoder = Qwen2_5_VLForConditionalGeneration.from_pretrained(
        str(weights.folder / "text_encoder"), dtype=dtype, local_files_only=True, use_safetensors=True, **straight
    )
    return encoder.to(device).eval().requires_grad_(False)


def load_texts(weights: Weights) -> tuple[Any, Any, Any]:
    """(scheduler, tokenizer, processor)."""
    from diffusers import FlowMatchEulerDiscreteScheduler
    from transformers import Qwen2Tokenizer, Qwen2VLProcessor

    root = weights.folder
    for part in ("tokenizer", "processor"):
        if not (root / part).is_dir():
            raise InputError("qwen.part-missing", folder=str(root), part=part)
    return (
        FlowMatchEulerDiscreteScheduler.from_pretrained(str(root / "scheduler"), local_files_only=True),
        Qwen2Tokenizer.from_pretrained(str(root / "tokenizer"), local_files_only=True),
        Qwen2VLProcessor.from_pretrained(str(root / "processor"), local_files_only=True),
    )


class DiskLoader:
    """Brings the parts from the folder of the weights; the bench has one that makes random parts of full size."""

    def texts(self, weights: Weights) -> tuple[Any, Any, Any]:
        """(scheduler, tokenizer, processor)."""
        return load_texts(weights)

    def vae(self, weights: Weights, device: Any, dtype: Any) -> Any:
        """The VAE on the device."""
        return load_vae(weights, device, dtype)

    def encoder(self, weights: Weights, device: Any, dtype: Any) -> Any:
        """The text encoder on the device."""
        return load_encoder(weights, device, dtype)

    def transformer(self, weights: Weights, device: Any, dtype: Any, how: How, tick: Tick) -> Denoiser:
        """The denoiser, placed as `how` says; `tick` is told the bytes read and may raise Cancelled."""
        return load_transformer(weights, device, dtype, how, tick)


def apply_lora(model: Any, path: Path, scale: float) -> None:
    """Merge a LoRA file into the model's weights. Raises InputError where it is for another model."""
    from diffusers import QwenImageLayeredPipeline

    try:
        state = QwenImageLayeredPipeline.lora_state_dict(str(path.parent), weight_name=path.name, local_files_only=True)
        QwenImageLayeredPipeline.load_lora_into_transformer(state, model, adapter_name="chosen")
        if not model.peft_config:
            raise ValueError("no layer matched")
        model.fuse_lora(lora_scale=scale, adapter_names=["chosen"])
        model.unload_lora()
    except Cancelled:
        raise
    except Exception as error:  # peft and diffusers raise many kinds for a file of another model
        if is_out_of_memory(error):
            raise  # the run steps down to another plan
        raise InputError("qwen.lora-misfit", name=path.name) from error
    model.requires_grad_(False)


def _whole(weights: Weights, config: dict[str, Any], dtype: Any, tick: Tick) -> Any:
    """The model with its weights in host memory."""
    model = empty_transformer(config)
    place(model, SafetensorsSource(weights.folder / "transformer"), torch.device("cpu"), dtype, How(), tick)
    return model


def _gguf(weights: Weights, dtype: Any) -> Any:
    """The denoiser from a GGUF file, with both of the repairs that diffusers 0.42 needs for this model.

    Without `config` the file is taken for another model; and the one embedding, which is no Linear, would be left as
    raw bytes (diffusers keeps GGUF's BF16 tensors as uint8 and unpacks them in Linears only).
    """
    from diffusers import GGUFQuantizationConfig, QwenImageTransformer2DModel

    quantization = GGUFQuantizationConfig(compute_dtype=dtype)
    quantization.modules_to_not_convert = ["addition_t_embedding"]
    model = QwenImageTransformer2DModel.from_single_file(
        str(weights.gguf),
        config=str(weights.folder),
        subfolder="transformer",
        quantization_config=quantization,
        torch_dtype=dtype,
        local_files_only=True,
    )
    embedding = model.time_text_embed.addition_t_embedding
    embedding.weight = nn.Parameter(_plain(embedding.weight, dtype), requires_grad=False)
    return model.eval().requires_grad_(False)


def _plain(tensor: Any, dtype: Any) -> Any:
    """An ordinary float tensor of a GGUF one."""
    from diffusers.quantizers.gguf.utils import GGUFParameter, dequantize_gguf_tensor

    wide = dequantize_gguf_tensor(tensor) if isinstance(tensor, GGUFParameter) else tensor
    return wide.detach().as_subclass(torch.Tensor).to(dtype)


def _put(model: Any, name: str, tensor: Any, device: Any, dtype: Any) -> int:
    """Make `tensor` that parameter of the model, on the device. Returns its bytes."""
    path, _, own = name.rpartition(".")
    owner = model.get_submodule(path)
    old = getattr(owner, own)
    moved = tensor.to(device=device, dtype=dtype if tensor.is_floating_point() else None)
    if old.device.type == "meta":
        if tuple(old.shape) != tuple(tensor.shape):
            raise InputError("qwen.tensor-shape", name=name)
        setattr(owner, own, nn.Parameter(moved, requires_grad=False))
    else:
        old.data = moved
    return int(moved.numel() * moved.element_size())
