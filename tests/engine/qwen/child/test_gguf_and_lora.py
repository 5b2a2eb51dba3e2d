"""A GGUF file for the denoiser, and a LoRA: written tiny, loaded by the real loaders, run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

import diffusers

from engine.document import Pixels
from engine.errors import Cancelled, InputError
from engine.qwen.child import loading
from tests.engine.qwen.child.test_phases import FAST, run, stock


def write_gguf(folder: Path, file: Path, embedding_bf16: bool = True) -> Path:
    """The tiny denoiser as public files have it: matrices as Q8_0, vectors as F32, the one embedding as BF16."""
    import gguf

    model = diffusers.QwenImageTransformer2DModel.from_pretrained(folder / "transformer")
    writer = gguf.GGUFWriter(str(file), "qwen_image")
    for name, tensor in model.state_dict().items():
        data = tensor.detach().float().numpy()
        kind = gguf.GGMLQuantizationType.F32
        if "addition_t_embedding" in name and embedding_bf16:
            kind = gguf.GGMLQuantizationType.BF16
        elif data.ndim == 2 and data.shape[1] % 32 == 0:
            kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quantize(data, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


@pytest.fixture(scope="module")
def gguf_file(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tiny_folder, tmp_path_factory.mktemp("gguf") / "tiny-Q8_0.gguf")


@pytest.mark.parametrize("kind", ["cpu-gguf", "gguf-streamed"])
def test_a_gguf_denoiser_gives_nearly_what_the_full_one_gives(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels, gguf_file: Path, kind: str
) -> None:
    plain = run(tiny_folder, picture)[0].astype(int)
    made = run(tiny_folder, picture, replace(FAST, gguf=gguf_file), kind=kind)[0].astype(int)
    assert 0 < np.abs(made - plain).max() <= 4


def test_streamed_or_not_a_gguf_gives_the_same(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels, gguf_file: Path
) -> None:
    options = replace(FAST, gguf=gguf_file)
    resident = run(tiny_folder, picture, options, kind="cpu-gguf")[0]
    assert np.array_equal(run(tiny_folder, picture, options, kind="gguf-streamed")[0], resident)


def test_diffusers_still_needs_both_repairs(tiny_folder: Path, gguf_file: Path) -> None:
    """Holds for diffusers 0.42; where this fails, `loading._gguf` can become simpler."""
    quantization = diffusers.GGUFQuantizationConfig(compute_dtype=torch.float32)
    model = diffusers.QwenImageTransformer2DModel.from_single_file(
        str(gguf_file), config=str(tiny_folder), subfolder="transformer", quantization_config=quantization
    )
    assert model.time_text_embed.addition_t_embedding.weight.dtype == torch.uint8


def test_a_gguf_folder_needs_no_denoiser_shards(
    tiny: Path, small: tuple[int, int], picture: Pixels, gguf_file: Path
) -> None:
    for shard in (tiny / "transformer").glob("*safetensors*"):
        shard.unlink()
    assert run(tiny, picture, replace(FAST, gguf=gguf_file), kind="cpu-gguf")[0].shape[0] == 2


def write_lora(folder: Path, file: Path, strength: float, target: str = "attn.to_q") -> tuple[Path, dict[str, Any]]:
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(3)
    state = {}
    for block in range(2):
        name = f"transformer.transformer_blocks.{block}.{target}"
        state[f"{name}.lora_A.weight"] = torch.randn(4, 32, generator=generator) * strength
        state[f"{name}.lora_B.weight"] = torch.randn(32, 4, generator=generator) * strength
    save_file(state, file)
    return file, state


@pytest.mark.parametrize("kind", ["resident", "streamed"])
def test_a_lora_does_what_it_does_in_the_stock_pipeline(
    tiny_folder: Path,
    tmp_path: Path,
    small: tuple[int, int],
    picture: Pixels,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, _ = write_lora(tiny_folder, tmp_path / "lora.safetensors", 1.0)
    plain = run(tiny_folder, picture)[0]
    made = run(tiny_folder, picture, replace(FAST, lora=file), kind=kind)[0]
    assert not np.array_equal(made, plain)
    load = diffusers.QwenImageLayeredPipeline.from_pretrained

    def with_lora(*arguments: Any, **settings: Any) -> Any:
        pipe = load(*arguments, **settings)
        pipe.load_lora_weights(tmp_path, weight_name=file.name)
        return pipe

    monkeypatch.setattr(diffusers.QwenImageLayeredPipeline, "from_pretrained", with_lora)
    apart = np.abs(made.astype(int) - stock(tiny_folder, picture).astype(int))
    assert apart.max() <= 2  # merged into the weights or beside them: another order of the same sums


def test_a_lora_for_another_model(tiny_folder: Path, tmp_path: Path, small: tuple[int, int], picture: Pixels) -> None:
    file, _ = write_lora(tiny_folder, tmp_path / "other.safetensors", 1.0, target="self_attn.q_proj")
    with pytest.raises(InputError, match="does not fit"):
        run(tiny_folder, picture, replace(FAST, lora=file))


@pytest.mark.parametrize("error", [RuntimeError("CUDA out of memory. Tried to allocate"), MemoryError(), Cancelled()])
def test_memory_that_runs_out_while_merging_is_no_fault_of_the_lora(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The run has to step down to a smaller plan, or to stop; "does not fit" would end it with the wrong reason."""
    file, _ = write_lora(tiny_folder, tmp_path / "lora.safetensors", 1.0)
    model = loading.empty_transformer(inspect_config(tiny_folder))

    def run_out(*_given: Any, **_named: Any) -> Any:
        raise error

    monkeypatch.setattr(diffusers.QwenImageLayeredPipeline, "load_lora_into_transformer", run_out)
    with pytest.raises(type(error)):
        loading.apply_lora(model, file, 1.0)


def inspect_config(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "transformer" / "config.json").read_text()))
