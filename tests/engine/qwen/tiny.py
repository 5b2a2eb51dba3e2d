"""A pipeline of the real classes with tiny random weights (about 1 MB), saved as the real one is.

`build(folder)` writes it. Run as a script to make one by hand: `python -m tests.engine.qwen.tiny FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)


def byte_alphabet() -> list[str]:
    """The 256 printable stand-ins for bytes that byte-level BPE vocabularies are made of."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(b) if b in plain else chr(next(spare)) for b in range(256)]


def tokenizer() -> Any:
    from transformers import Qwen2Tokenizer

    vocab = {token: index for index, token in enumerate([*byte_alphabet(), *SPECIAL])}
    made = Qwen2Tokenizer(vocab=vocab, merges=[])
    made.add_special_tokens({"additional_special_tokens": list(SPECIAL)})
    made.pad_token = "<|endoftext|>"
    made.eos_token = "<|im_end|>"
    return made


def processor(tok: Any) -> Any:
    from transformers import Qwen2VLImageProcessor, Qwen2VLProcessor
    from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor

    return Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessor(min_pixels=28 * 28, max_pixels=28 * 28 * 16),
        tokenizer=tok,
        video_processor=Qwen2VLVideoProcessor(),
    )


def text_encoder(tok: Any) -> Any:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    ids = {
        name: tok.convert_tokens_to_ids(f"<|{name}|>")
        for name in ("image_pad", "video_pad", "vision_start", "vision_end")
    }
    text = {
        "vocab_size": len(tok),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "rope_scaling": {"type": "mrope", "mrope_section": [1, 1, 2]},
        "max_position_embeddings": 4096,
        "bos_token_id": tok.convert_tokens_to_ids("<|endoftext|>"),
        "eos_token_id": tok.convert_tokens_to_ids("<|im_end|>"),
        "pad_token_id": tok.convert_tokens_to_ids("<|endoftext|>"),
    }
    vision = {
        "depth": 2,
        "hidden_size": 16,
        "out_hidden_size": 16,
        "intermediate_size": 32,
        "num_heads": 2,
        "patch_size": 14,
        "window_size": 56,
        "fullatt_block_indexes": [1],
    }
    config = Qwen2_5_VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=ids["image_pad"],
        video_token_id=ids["video_pad"],
        vision_start_token_id=ids["vision_start"],
        vision_end_token_id=ids["vision_end"],
    )
    return Qwen2_5_VLForConditionalGeneration(config)


def transformer() -> Any:
    from diffusers import QwenImageTransformer2DModel

    return QwenImageTransformer2DModel(
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        axes_dims_rope=(4, 6, 6),
        use_additional_t_cond=True,
        use_layer3d_rope=True,
    )


def vae() -> Any:
    from diffusers import AutoencoderKLQwenImage

    return AutoencoderKLQwenImage(base_dim=8, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, input_channels=4)


def scheduler() -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler

    return FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True, base_shift=0.5, max_shift=0.9, shift_terminal=0.02, time_shift_type="exponential"
    )


def pipeline(seed: int = 0) -> Any:
    import torch
    from diffusers import QwenImageLayeredPipeline

    torch.manual_seed(seed)
    tok = tokenizer()
    return QwenImageLayeredPipeline(
        scheduler=scheduler(),
        vae=vae(),
        text_encoder=text_encoder(tok),
        tokenizer=tok,
        processor=processor(tok),
        transformer=transformer(),
    )


def build(folder: Path, seed: int = 0) -> Path:
    pipe = pipeline(seed)
    pipe.save_pretrained(folder, safe_serialization=True)
    (folder / "transformer" / "diffusion_pytorch_model.safetensors").unlink()
    pipe.transformer.save_pretrained(folder / "transformer", max_shard_size="60KB")  # in shards, as the real one
    return folder


if __name__ == "__main__":
    build(Path(sys.argv[1]))
