"""What weights lie on the disk, checked before anything is loaded. Reads headers only; needs no torch."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import InputError

PIPELINE = "QwenImageLayeredPipeline"
PARTS = {
    "scheduler": "scheduler_config.json",
    "text_encoder": "config.json",
    "transformer": "config.json",
    "vae": "config.json",
}


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights that can be loaded. Sizes in bytes as they will lie in memory in their stored form.

    Attributes:
        blocks: denoiser blocks. width: the denoiser's inner width. block_bytes, table_bytes: of all blocks together,
            and the modulation layers' share of it (bf16), which a modulation table replaces.
        key: changes when any of the files changes. itemsize: bytes of one stored number (of a GGUF file: 2).
    """

    folder: Path
    transformer_bytes: int
    encoder_bytes: int
    vae_bytes: int
    blocks: int
    width: int
    block_bytes: int
    table_bytes: int
    key: str
    gguf: Path | None = None
    lora: Path | None = None
    itemsize: int = 2


def inspect(folder: Path, gguf: Path | None = None, lora: Path | None = None) -> Weights:
    """Check a diffusers folder, a GGUF file for the denoiser and a LoRA file, and say what they hold.

    Raises InputError, one sentence with the way out, for whatever cannot be loaded.
    """
    _check_folder(folder)
    config = _json(folder / "transformer" / "config.json")
    if not (config.get("use_additional_t_cond") and config.get("use_layer3d_rope")):
        raise InputError("qwen.plain-denoiser", folder=str(folder))
    width = int(config["num_attention_heads"]) * int(config["attention_head_dim"])
    files = _component(folder, "text_encoder") + _component(folder, "vae")
    if gguf is None:
        denoiser = _component(folder, "transformer")
        tensors = [t for f in denoiser for t in _tensors(f)]
    else:
        denoiser, tensors = [gguf], check_gguf(gguf, config)
    if lora is not None:
        check_lora(lora)
    inside = [(n, b) for n, b in tensors if n.startswith("transformer_blocks.")]
    return Weights(
        folder=folder,
        transformer_bytes=sum(b for _, b in tensors),
        encoder_bytes=sum(b for f in _component(folder, "text_encoder") for _, b in _tensors(f)),
        vae_bytes=sum(b for f in _component(folder, "vae") for _, b in _tensors(f)),
        blocks=int(config["num_layers"]),
        width=width,
        block_bytes=sum(b for _, b in inside),
        table_bytes=sum(b for n, b in inside if ".img_mod." in n or ".txt_mod." in n),
        key=fingerprint([*denoiser, *files, *([lora] if lora else [])]),
        gguf=gguf,
        lora=lora,
        itemsize=4 if gguf is None and _is_wide(denoiser[0]) else 2,
    )


def fingerprint(files: list[Path]) -> str:
    """A short key over names, sizes and times of change; reads no content."""
    lines = [f"{f.resolve()}|{f.stat().st_size}|{f.stat().st_mtime_ns}" for f in sorted(files)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def check_gguf(path: Path, config: dict[str, Any]) -> list[tuple[str, int]]:
    """(name, bytes) of each tensor of a GGUF file that holds this denoiser. Raises InputError for any other file."""
    if not path.is_file():
        raise InputError("qwen.gguf-absent", path=str(path))
    with path.open("rb") as handle:
        if handle.read(4) != b"GGUF" and path.suffix.lower() == ".safetensors":
            raise InputError("qwen.safetensors-for-gguf", name=path.name)
        handle.seek(0)
        if handle.read(4) != b"GGUF":
            raise InputError("qwen.no-gguf", name=path.name)
    from gguf import GGUFReader

    try:
        tensors = [(t.name, int(t.n_bytes)) for t in GGUFReader(path).tensors]
    except Exception as error:  # the reader raises whatever numpy raises on a short file
        raise InputError("qwen.file-damaged", name=path.name) from error
    names = {name for name, _ in tensors}
    last = f"transformer_blocks.{int(config['num_layers']) - 1}.img_mod.1.weight"
    if last not in names or f"transformer_blocks.{config['num_layers']}.img_mod.1.weight" in names:
        raise InputError("qwen.gguf-of-another-model", name=path.name)
    if "time_text_embed.addition_t_embedding.weight" not in names:
        raise InputError("qwen.plain-gguf", name=path.name)
    return tensors


def check_lora(path: Path) -> None:
    """Raises InputError where that is no LoRA in safetensors form."""
    if path.suffix.lower() != ".safetensors":
        raise InputError("qwen.lora-not-safetensors", name=path.name)
    if not path.is_file():
        raise InputError("qwen.lora-absent", path=str(path))
    if not any("lora" in name for name, _ in _tensors(path)):
        raise InputError("qwen.no-lora", name=path.name)


def _check_folder(folder: Path) -> None:
    if folder.is_file():
        _refuse_file(folder)
    if not folder.is_dir():
        raise InputError("qwen.folder-absent", folder=str(folder))
    index = folder / "model_index.json"
    if not index.is_file():
        _refuse_contents(folder)
        raise InputError("qwen.no-model-folder", folder=str(folder))
    kind = _json(index).get("_class_name")
    if kind != PIPELINE:
        raise InputError("qwen.folder-of-another-model", folder=str(folder), kind=str(kind))
    for part, name in PARTS.items():
        if not (folder / part / name).is_file():
            raise InputError("qwen.folder-incomplete", folder=str(folder), file=f"{part}/{name}")


def _refuse_contents(folder: Path) -> None:
    """Say it where a folder holds single files of the model that were made for other programs."""
    for file in sorted(folder.glob("*.safetensors")):
        try:
            comfy = _is_comfy(file)
        except (OSError, InputError):
            continue  # some other file; the folder is refused for what it lacks
        if comfy:
            _refuse_file(file)
    for file in sorted(folder.glob("*.gguf"))[:1]:
        _refuse_file(file)


def _refuse_file(path: Path) -> None:
    if path.suffix.lower() == ".gguf":
        raise InputError("qwen.only-denoiser", name=path.name)
    if path.suffix.lower() == ".safetensors" and _is_comfy(path):
        raise InputError("qwen.comfy-form", name=path.name)
    raise InputError("qwen.one-file", name=path.name)


def _is_wide(path: Path) -> bool:
    """True where that file holds 32-bit numbers."""
    return any(entry.get("dtype") == "F32" for entry in _header(path).values())


def _is_comfy(path: Path) -> bool:
    marks = ("comfy_quant", "scale_weight", "scaled_fp8", "weight_scale", "scale_input")
    header = _header(path)
    fp8 = any(str(entry.get("dtype", "")).startswith("F8") for entry in header.values())
    return fp8 or any(mark in name for name in header for mark in marks)


def _component(folder: Path, part: str) -> list[Path]:
    """The safetensors files of one part, each checked to be there and whole."""
    base = folder / part
    indexes = sorted(base.glob("*.safetensors.index.json"))
    if indexes:
        files = [base / name for name in sorted(set(_json(indexes[0])["weight_map"].values()))]
    else:
        files = sorted(base.glob("*.safetensors"))
    if not files:
        pickled = any(base.glob("*.bin")) or any(base.glob("*.pt"))
        which = "qwen.part-pickled" if pickled else "qwen.part-empty"
        raise InputError(which, part=part, folder=str(folder))
    for file in files:
        if not file.is_file():
            raise InputError("qwen.folder-incomplete", folder=str(folder), file=f"{part}/{file.name}")
        _tensors(file)
    return files


def _tensors(path: Path) -> list[tuple[str, int]]:
    """(name, bytes) of each tensor. Raises InputError where the file is shorter or longer than its header says."""
    header = _header(path)
    ends = [int(e["data_offsets"][1]) for e in header.values()]
    with path.open("rb") as handle:
        length = struct.unpack("<Q", handle.read(8))[0]
    if path.stat().st_size != 8 + length + max(ends, default=0):
        raise _damaged(path)
    return [(name, int(e["data_offsets"][1]) - int(e["data_offsets"][0])) for name, e in header.items()]


def _header(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as handle:
            length = struct.unpack("<Q", handle.read(8))[0]
            if length > min(path.stat().st_size, 1 << 27):
                raise _damaged(path)
            header: dict[str, Any] = json.loads(handle.read(length))
    except (struct.error, ValueError) as error:
        raise _damaged(path) from error
    header.pop("__metadata__", None)
    return header


def _damaged(path: Path) -> InputError:
    return InputError("qwen.file-damaged", name=f"{path.parent.name}/{path.name}")


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError("qwen.no-json", path=str(path)) from error
    if not isinstance(data, dict):
        raise InputError("qwen.no-json-object", path=str(path))
    return data


NOMINAL = Weights(
    folder=Path("qwen-image-layered"),
    transformer_bytes=40_860_000_000,
    encoder_bytes=16_584_000_000,
    vae_bytes=254_000_000,
    blocks=60,
    width=3072,
    block_bytes=40_690_000_000,
    table_bytes=13_590_000_000,
    key="nominal",
)
"""The published weights' sizes, for advice before they are here."""
NOMINAL_GGUF = replace(
    NOMINAL,
    transformer_bytes=13_240_000_000,
    block_bytes=13_100_000_000,
    gguf=Path("qwen-image-layered-Q4_K_M.gguf"),
)
"""The same with the denoiser as the usual GGUF file."""
