"""Folders and files that are not the model: one sentence each, with the way out, before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

import numpy as np
from safetensors.torch import save_file

from engine.errors import InputError
from engine.qwen.planning.weights import inspect


def test_the_model_is_measured(tiny_folder: Path) -> None:
    found = inspect(tiny_folder)
    assert found.blocks == 2
    assert found.width == 32
    assert found.table_bytes == 2 * 2 * (32 * 192 + 192) * 4
    assert found.transformer_bytes > found.block_bytes > found.table_bytes
    assert inspect(tiny_folder).key == found.key


def refused(folder: Path, says: str, **files: Path) -> None:
    with pytest.raises(InputError, match=says) as told:
        inspect(folder, **files)
    assert str(told.value).count(". ") <= 1


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "no folder")


def test_a_folder_that_is_not_a_model(tmp_path: Path) -> None:
    refused(tmp_path, "not a model folder.*fetch")


def test_another_pipeline(tiny: Path) -> None:
    index = tiny / "model_index.json"
    index.write_text(index.read_text().replace("QwenImageLayeredPipeline", "StableDiffusionPipeline"))
    refused(tiny, "StableDiffusionPipeline, not Qwen-Image-Layered")


def test_plain_qwen_image(tiny: Path) -> None:
    config = tiny / "transformer" / "config.json"
    data = json.loads(config.read_text())
    config.write_text(json.dumps({**data, "use_layer3d_rope": False}))
    refused(tiny, "plain Qwen-Image, which makes no layers")


def test_a_missing_shard(tiny: Path) -> None:
    next((tiny / "transformer").glob("*00003*")).unlink()
    refused(tiny, "00003.*missing; fetch the model again")


def test_a_shard_that_was_not_downloaded_to_the_end(tiny: Path) -> None:
    shard = next((tiny / "transformer").glob("*00003*"))
    shard.write_bytes(shard.read_bytes()[:-100])
    refused(tiny, "damaged or was not downloaded to the end")


@pytest.mark.parametrize("content", [b"", b"\x00" * 4, b"\xff" * 64, b"<html>404</html>"])
def test_a_shard_that_is_something_else(tiny: Path, content: bytes) -> None:
    next((tiny / "vae").glob("*.safetensors")).write_bytes(content)
    refused(tiny, "vae/.*damaged")


def test_a_config_that_is_not_json(tiny: Path) -> None:
    (tiny / "transformer" / "config.json").write_text("{")
    refused(tiny, "damaged: it is not JSON")


def test_weights_that_could_run_code(tiny: Path) -> None:
    next((tiny / "text_encoder").glob("*.safetensors")).rename(tiny / "text_encoder" / "model.bin")
    refused(tiny, "can run code and are not opened")


def test_comfyuis_own_fp8_form(tmp_path: Path) -> None:
    file = tmp_path / "qwen_image_layered_fp8mixed.safetensors"
    weights = {"transformer_blocks.0.attn.to_q.weight": torch.zeros(4, 4).to(torch.float8_e4m3fn)}
    save_file({**weights, "transformer_blocks.0.attn.to_q.weight_scale": torch.ones(1)}, file)
    refused(file, "only ComfyUI reads.*memory plan fp8, or a GGUF")
    refused(tmp_path, "only ComfyUI reads.*memory plan fp8, or a GGUF")


def test_a_folder_with_only_a_gguf(tmp_path: Path) -> None:
    (tmp_path / "half.safetensors").write_bytes(b"not yet")
    (tmp_path / "q4.gguf").write_bytes(b"GGUF")
    refused(tmp_path, "q4.gguf holds only the denoiser: give it as --gguf")


def test_a_safetensors_file_for_a_gguf(tiny_folder: Path, tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    refused(tiny_folder, "no GGUF file; give the model's folder as --model", gguf=tmp_path / "model.safetensors")


def test_a_single_file(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(1)}, file)
    refused(file, "the model is a folder")
    (tmp_path / "q4.gguf").write_bytes(b"GGUF")
    refused(tmp_path / "q4.gguf", "--gguf")


def test_a_gguf_of_something_else(tiny_folder: Path, tmp_path: Path) -> None:
    from gguf import GGUFWriter

    file = tmp_path / "other.gguf"
    writer = GGUFWriter(str(file), "llama")
    writer.add_tensor("blk.0.attn_q.weight", np.zeros((4, 4), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    refused(tiny_folder, "another model", gguf=file)
    file.write_bytes(file.read_bytes()[:40])
    refused(tiny_folder, "damaged", gguf=file)
    file.write_bytes(b"PK\x03\x04")
    refused(tiny_folder, "not a GGUF", gguf=file)
    refused(tiny_folder, "no file", gguf=tmp_path / "missing.gguf")


def test_a_lora_that_is_none(tiny_folder: Path, tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors")
    refused(tiny_folder, "holds no LoRA", lora=tmp_path / "a.safetensors")
    refused(tiny_folder, "can run code", lora=tmp_path / "a.ckpt")
    refused(tiny_folder, "no file", lora=tmp_path / "b.safetensors")


def test_changed_files_have_another_key(tiny: Path) -> None:
    before = inspect(tiny).key
    shard = next((tiny / "vae").glob("*.safetensors"))
    shard.write_bytes(shard.read_bytes())
    assert inspect(tiny).key != before
