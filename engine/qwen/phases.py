"""A run in phases that we own: load, encode, describe, free the encoder, denoise, free, decode layer by layer.

The arithmetic is the pipeline's own (diffusers 0.42, `QwenImageLayeredPipeline`): the same seed and settings give what
the stock pipeline gives. What differs is when weights come and go, that it can be stopped within one block, and that
one run makes one image (the pipeline mixes up layers in a batch). Runs in the child process.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

import numpy as np
import psutil
import torch
from PIL import Image

from engine.decomposer import check
from engine.document import Pixels
from engine.errors import Cancelled, RunFailed
from engine.qwen.geometry import bucket_size
from engine.qwen.loading import Denoiser, DiskLoader
from engine.qwen.meter import Meter
from engine.qwen.options import Dtype, Language, QwenOptions
from engine.qwen.parking import take_turns
from engine.qwen.plan import Plan
from engine.qwen.weights import Weights

MAX_TOKENS = 512
PREVIEWS = 10
PREVIEW_SIDE = 160
BARE = 1_500_000_000
"""Bytes of host memory that this process takes without any weights."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What the model made: uint8 layers x height x width x 4 straight alpha, bottom first, at the bucket's size."""

    layers: Pixels
    caption: str
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Peaks:
    """Most bytes in use on the device, by phase; empty on a CPU."""

    device: Any
    by_phase: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
            torch.cuda.reset_peak_memory_stats(self.device)

    def note(self, phase: str) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
            now = int(torch.cuda.max_memory_allocated(self.device))
            self.by_phase[phase] = max(self.by_phase.get(phase, 0), now)
            torch.cuda.reset_peak_memory_stats(self.device)


class Runner:
    """The model, kept warm between runs where the plan has room for that."""

    def __init__(self, loader: DiskLoader | None = None) -> None:
        self._loader = loader or DiskLoader()
        self._key: tuple[Any, ...] = ()
        self._pipe: Any = None
        self._encoder: Any = None
        self._denoiser: Denoiser | None = None
        self._captions: dict[str, str] = {}
        self._embeds: dict[tuple[str, str], Any] = {}
        self.peaks = Peaks(torch.device("cpu"))

    def run(
        self,
        weights: Weights,
        plan: Plan,
        options: QwenOptions,
        layers: int,
        seed: int,
        image: Pixels,
        meter: Meter,
        cancelled: Event,
        captioned: Callable[[str], None] = lambda _text: None,
    ) -> Raw:
        """One image into `layers` layers. `image` is uint8 H x W x 4.

        Raises Cancelled soon after `cancelled` is set; whatever torch raises goes through, with nothing left loaded.
        """
        try:
            with torch.no_grad():
                return self._run(weights, plan, options, layers, seed, image, meter, cancelled, captioned)
        except BaseException:
            self.free()
            raise

    def encoder(self, weights: Weights, plan: Plan, options: QwenOptions, cancelled: Event) -> tuple[Any, Any]:
        """(text encoder on its device, processor); first makes room where there is none beside the denoiser."""
        check(cancelled)
        if not plan.together and plan.encoder != "cpu":
            self._make_room()
        if self._encoder is None:
            self._encoder = self._loader.encoder(weights, torch.device(plan.encoder), dtype_of(options))
        self._encoder.to(plan.encoder)
        check(cancelled)
        return self._encoder, self._pipe.vl_processor

    def give(self, prompt: str, negative: str, wanted: Embeds, unwanted: Embeds | None) -> None:
        """Use these embeddings for that pair of prompts; then no text encoder is loaded for it."""
        self._embeds[prompt, negative] = (wanted, unwanted)

    def stale(self, weights: Weights) -> bool:
        """True where something is loaded from files that have changed since."""
        return (
            bool(self._key)
            and self._key[1:4] == (weights.folder, weights.gguf, weights.lora)
            and (self._key[0] != weights.key)
        )

    def held(self) -> tuple[dict[str, int], int]:
        """(bytes by device, bytes of host memory) that what is loaded takes now and could give back."""
        if not self._key:
            return {}, 0
        on = {}
        if torch.cuda.is_available():
            names = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
            on = {name: int(torch.cuda.memory_reserved(name)) for name in names}
        return on, max(0, int(psutil.Process().memory_info().rss) - BARE)

    def settle(self, plan: Plan) -> None:
        """After a run: let go of what the plan has no room to keep."""
        if self._encoder is not None:
            self._put_encoder_away(plan)

    def free(self) -> None:
        """Give all memory back, on the device and on the host."""
        self._drop_denoiser()
        self._encoder = self._pipe = None
        self._key = ()
        collect()

    def _run(
        self,
        weights: Weights,
        plan: Plan,
        options: QwenOptions,
        layers: int,
        seed: int,
        image: Pixels,
        meter: Meter,
        cancelled: Event,
        captioned: Callable[[str], None],
    ) -> Raw:
        device, dtype = torch.device(plan.device), dtype_of(options)
        self._renew(weights, plan, options)
        self.peaks = Peaks(device)
        self.peaks.start()
        meter.phase("load")
        if self._pipe is None:
            self._pipe = _headless(self._loader, weights, device, dtype)
        pipe = self._pipe
        pipe.vae.use_tiling = plan.tile
        wide, high = bucket_size(options.resolution, image.shape[1], image.shape[0])
        meter.phase("encode")
        check(cancelled)
        picture = pipe.image_processor.resize(Image.fromarray(image), high, wide)
        batch = pipe.image_processor.preprocess(picture, high, wide).unsqueeze(2).to(dtype)
        generator = torch.Generator().manual_seed(seed)
        latents, condition = pipe.prepare_latents(
            batch, 1, pipe.vae.config.z_dim, high, wide, layers, dtype, device, generator
        )
        self.peaks.note("encode")
        texts = self._texts(weights, plan, options, picture, seed, meter, cancelled, captioned)
        self.peaks.note("describe")
        meter.phase("load-denoiser")
        denoiser = self._denoising(weights, plan, options, meter, cancelled)
        self.peaks.note("load-denoiser")
        latents = _denoise(pipe, denoiser, texts, latents, condition, (wide, high, layers), options, meter, cancelled)
        self.peaks.note("denoise")
        if plan.drop:
            self._make_room()
        meter.phase("decode")
        made = _decode(pipe, latents, (wide, high, layers), meter, cancelled)
        self.peaks.note("decode")
        return Raw(made, texts.caption, texts.notes)

    def _renew(self, weights: Weights, plan: Plan, options: QwenOptions) -> None:
        """Let go of what was loaded for other weights or another plan."""
        key: tuple[Any, ...] = (weights.key, weights.folder, weights.gguf, weights.lora, options.lora_scale)
        key += (plan.id, plan.device, plan.encoder, options.dtype)
        if key != self._key:
            if self._key and self._key[:2] != key[:2]:
                self._embeds.clear()
            self.free()
            self._key = key

    def _texts(
        self,
        weights: Weights,
        plan: Plan,
        options: QwenOptions,
        picture: Any,
        seed: int,
        meter: Meter,
        cancelled: Event,
        captioned: Callable[[str], None],
    ) -> Texts:
        """Prompt embeddings on the denoiser's device; the encoder is gone afterwards unless there is room for it."""
        device = torch.device(plan.device)
        seen = hashlib.sha256(picture.tobytes() + options.language.encode()).hexdigest()
        prompt = options.prompt.strip() or self._captions.get(seen, "")
        negative = options.negative_prompt if options.guided else ""
        if (prompt, negative) not in self._embeds:
            meter.phase("load-encoder")
            encoder, _ = self.encoder(weights, plan, options, cancelled)
            meter.phase("describe")
            where = torch.device(plan.encoder)
            self._pipe.text_encoder = encoder
            try:
                if not prompt:
                    prompt = self._captions[seen] = _caption(
                        self._pipe, picture, options, where, seed, meter, cancelled
                    )
                check(cancelled)
                embeds = _embed(self._pipe, prompt, where)
                unwanted = _embed(self._pipe, negative, where) if options.guided else None
            finally:
                self._pipe.text_encoder = None
            del encoder
            self._embeds[prompt, negative] = (embeds, unwanted)
            self._put_encoder_away(plan)
        if not options.prompt.strip():
            captioned(prompt)
        embeds, unwanted = self._embeds[prompt, negative]
        notes = (
            () if embeds.whole else (f"The description is longer than the {MAX_TOKENS} tokens that the model reads.",)
        )
        return Texts(prompt, embeds.to(device), unwanted.to(device) if unwanted else None, notes)

    def _put_encoder_away(self, plan: Plan) -> None:
        if plan.together or (plan.encoder == "cpu" and plan.park):
            return
        if plan.park:
            self._encoder.to("cpu")
        else:
            self._encoder = None
        collect()

    def _denoising(
        self, weights: Weights, plan: Plan, options: QwenOptions, meter: Meter, cancelled: Event
    ) -> Denoiser:
        if self._denoiser is None:
            size = max(1, weights.transformer_bytes)

            def tick(done: int) -> None:
                check(cancelled)
                meter.part(done / size)

            how = replace(plan.how, lora_scale=options.lora_scale)
            device = torch.device(plan.device)
            self._denoiser = self._loader.transformer(weights, device, dtype_of(options), how, tick)
            if how.place == "offload":
                take_turns(self._denoiser.model, self._pipe.vae, device)
            _stop_between_blocks(self._denoiser.model, cancelled)
        return self._denoiser

    def _make_room(self) -> None:
        """Take the denoiser off the device: into host memory where its placement can, else away."""
        if self._denoiser is not None and self._denoiser.park():
            collect()
        else:
            self._drop_denoiser()

    def _drop_denoiser(self) -> None:
        if self._denoiser is not None:
            self._denoiser.close()
            self._denoiser = None
            collect()


@dataclass(frozen=True, slots=True, eq=False)
class Embeds:
    """Hidden states 1 x tokens x width and their mask (None: all valid). `whole` is False where the text was cut."""

    states: Any
    mask: Any
    whole: bool

    def to(self, device: Any) -> Embeds:
        return Embeds(self.states.to(device), None if self.mask is None else self.mask.to(device), self.whole)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    caption: str
    wanted: Embeds
    unwanted: Embeds | None
    notes: tuple[str, ...]


def dtype_of(options: QwenOptions) -> Any:
    named = {Dtype.BF16: torch.bfloat16, Dtype.FP16: torch.float16, Dtype.FP32: torch.float32}
    return named.get(options.dtype, torch.bfloat16)


def collect() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _headless(loader: DiskLoader, weights: Weights, device: Any, dtype: Any) -> Any:
    """The pipeline without its two large models: its templates, image processor and helpers are used as they are."""
    from diffusers import QwenImageLayeredPipeline

    scheduler, tokenizer, processor = loader.texts(weights)
    return QwenImageLayeredPipeline(
        scheduler=scheduler,
        vae=loader.vae(weights, device, dtype),
        text_encoder=None,
        tokenizer=tokenizer,
        processor=processor,
        transformer=None,
    )


def _stop_between_blocks(model: Any, cancelled: Event) -> None:
    def look(_module: Any, _arguments: Any) -> None:
        check(cancelled)

    for block in model.transformer_blocks:
        block.register_forward_pre_hook(look, prepend=True)


def _caption(
    pipe: Any, picture: Any, options: QwenOptions, device: Any, seed: int, meter: Meter, cancelled: Event
) -> str:
    """The model's own description of the picture, with the pipeline's own instruction."""
    english = options.language is Language.ENGLISH
    ask = pipe.image_caption_prompt_en if english else pipe.image_caption_prompt_cn
    torch.manual_seed(seed)  # the encoder's generation settings may sample
    text = generate(
        pipe.text_encoder, pipe.vl_processor, ask, picture, options.caption_tokens, device, meter, cancelled
    )
    return text or " "


def generate(
    encoder: Any, processor: Any, ask: str, picture: Any, limit: int, device: Any, meter: Meter | None, cancelled: Event
) -> str:
    """What Qwen2.5-VL says about a picture, at most `limit` tokens. Raises Cancelled between two tokens."""
    inputs = processor(text=ask, images=picture, padding=True, return_tensors="pt").to(device)
    before = inputs.input_ids.shape[1]

    def look(ids: Any, _scores: Any, **_more: Any) -> Any:
        if meter:
            meter.part((ids.shape[1] - before) / limit)
        return torch.full((ids.shape[0],), cancelled.is_set(), dtype=torch.bool, device=ids.device)

    made = encoder.generate(**inputs, max_new_tokens=limit, stopping_criteria=[look])
    check(cancelled)
    words = processor.batch_decode(made[:, before:], skip_special_tokens=True, clean_up_tokenization_spaces=False)[0]
    return str(words).strip()


def _embed(pipe: Any, text: str, device: Any) -> Embeds:
    states, mask = pipe.encode_prompt(prompt=text, device=device, max_sequence_length=MAX_TOKENS)
    whole = len(pipe.tokenizer(text).input_ids) <= MAX_TOKENS
    return Embeds(states, mask, whole)


def _denoise(
    pipe: Any,
    denoiser: Denoiser,
    texts: Texts,
    latents: Any,
    condition: Any,
    size: tuple[int, int, int],
    options: QwenOptions,
    meter: Meter,
    cancelled: Event,
) -> Any:
    """All steps. `latents` 1 x tokens x 64 packed noise, `condition` the packed image; returns the packed layers."""
    from diffusers.pipelines.qwenimage.pipeline_qwenimage_layered import retrieve_timesteps

    wide, high, layers = size
    sigmas = np.linspace(1.0, 0, options.steps + 1)[:-1]
    mu = (condition.shape[1] / 256) ** 0.5
    timesteps, _ = retrieve_timesteps(pipe.scheduler, options.steps, latents.device, sigmas=sigmas, mu=mu)
    denoiser.prepare(timesteps, lambda _done: check(cancelled))
    pipe.scheduler.set_begin_index(0)
    frame = (1, high // 16, wide // 16)
    fixed = {
        "img_shapes": [[frame] * (layers + 2)],
        "additional_t_cond": torch.zeros(1, dtype=torch.long, device=latents.device),
        "return_dict": False,
    }
    meter.phase("denoise", options.steps)
    every = max(2, options.steps // PREVIEWS)
    for index, step in enumerate(timesteps):
        check(cancelled)
        denoiser.at(index)
        timestep = step.expand(1).to(latents.dtype) / 1000
        before, sigma = latents, pipe.scheduler.sigmas[index]
        predicted = _predict(denoiser.model, texts, latents, condition, timestep, fixed, options)
        latents = pipe.scheduler.step(predicted, step, latents, return_dict=False)[0]
        preview = None
        if (index + 1) % every == 0 and index + 1 < options.steps:
            preview = _preview(pipe, before - sigma.to(before) * predicted, size)
        if latents.is_cuda:
            torch.cuda.synchronize()  # a step that is reported is a step that is done
        meter.step(index + 1, options.steps, preview)
    if not torch.isfinite(latents).all():
        raise RunFailed("The model's numbers ran out of range; choose the number format bf16 and run it again.")
    return latents


def _predict(
    model: Any, texts: Texts, latents: Any, condition: Any, timestep: Any, fixed: dict[str, Any], options: QwenOptions
) -> Any:
    """The guided prediction of one step."""
    joined = torch.cat([latents, condition], dim=1)

    def call(name: str, text: Embeds) -> Any:
        with model.cache_context(name):
            out = model(
                hidden_states=joined,
                timestep=timestep,
                encoder_hidden_states_mask=text.mask,
                encoder_hidden_states=text.states,
                **fixed,
            )[0]
        return out[:, : latents.size(1)]

    wanted = call("cond", texts.wanted)
    if texts.unwanted is None:
        return wanted
    unwanted = call("uncond", texts.unwanted)
    guided = unwanted + options.cfg * (wanted - unwanted)
    if not options.cfg_normalize:
        return guided
    return guided * (torch.norm(wanted, dim=-1, keepdim=True) / torch.norm(guided, dim=-1, keepdim=True))


def _unscaled(pipe: Any, latents: Any, size: tuple[int, int, int]) -> Any:
    """Packed latents as the VAE takes them: layers x 16 x 1 x h x w, without the re-rendered whole image."""
    wide, high, layers = size
    frames = pipe._unpack_latents(latents, high, wide, layers, pipe.vae_scale_factor).to(pipe.vae.dtype)
    shape = (1, pipe.vae.config.z_dim, 1, 1, 1)
    mean = torch.tensor(pipe.vae.config.latents_mean).view(shape).to(frames.device, frames.dtype)
    spread = 1.0 / torch.tensor(pipe.vae.config.latents_std).view(shape).to(frames.device, frames.dtype)
    frames = frames / spread + mean
    return frames[:, :, 1:].permute(0, 2, 1, 3, 4).reshape(layers, -1, 1, *frames.shape[3:])


def _decode(pipe: Any, latents: Any, size: tuple[int, int, int], meter: Meter, cancelled: Event) -> Pixels:
    """Layer by layer: all at once would be the peak of the whole run."""
    made = []
    frames = _unscaled(pipe, latents, size)
    for index in range(size[2]):
        check(cancelled)
        made.append(_pixels(pipe, frames[index : index + 1]))
        meter.part((index + 1) / size[2])
    return np.concatenate(made)


def _pixels(pipe: Any, frames: Any) -> Pixels:
    """uint8 n x h x w x 4 of unscaled latents."""
    decoded = pipe.vae.decode(frames, return_dict=False)[0].squeeze(2)
    # A tiled decode leaves out this clamp (diffusers issue 13581, still so in 0.42), and 8 bits would wrap around.
    decoded = decoded.clamp(-1.0, 1.0)
    pictures = pipe.image_processor.postprocess(decoded, output_type="pil")
    return np.stack([np.asarray(picture, dtype=np.uint8) for picture in pictures])


def _preview(pipe: Any, packed: Any, size: tuple[int, int, int]) -> Pixels:
    """The layers as they would be if the run ended here, small, side by side: uint8 h x (layers * w) x 4."""
    frames = _unscaled(pipe, packed.to(pipe.vae.dtype), size)
    high, wide = frames.shape[-2:]
    shrink = max(1.0, max(high, wide) * 8 / PREVIEW_SIDE)
    small = (max(2, round(high / shrink)), max(2, round(wide / shrink)))
    reduced = torch.nn.functional.adaptive_avg_pool2d(frames[:, :, 0].float(), small).to(frames.dtype)
    tiles = [_pixels(pipe, reduced[i : i + 1, :, None])[0] for i in range(size[2])]
    return np.concatenate(tiles, axis=1)


__all__ = ["Cancelled", "Embeds", "Peaks", "Raw", "Runner", "Texts", "collect", "dtype_of", "generate"]
