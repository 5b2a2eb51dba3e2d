"""A run in phases that we own: load, encode, describe, free the encoder, denoise, free, decode layer by layer.

The arithmetic is the pipeline's own (diffusers 0.42, `QwenImageLayeredPipeline`): the same seed and settings give what
the stock pipeline gives. What differs is when weights come and go, that it can be stopped within one block, and that
one run makes one image (the pipeline mixes up layers in a batch). Runs in the child process.
"""

from __future__ import annotations

import gc
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import psutil
import torch
from PIL import Image

from engine.document import Pixels
from engine.qwen.child.decode import decode
from engine.qwen.child.denoise import Latents, denoise, stop_between_blocks
from engine.qwen.child.loading import Denoiser, DiskLoader
from engine.qwen.child.parking import take_turns
from engine.qwen.child.task import Size, Task, dtype_of
from engine.qwen.child.texts import MAX_TOKENS, Embeds, Kept, Pair, Texts, caption, embed
from engine.qwen.planning.geometry import bucket_size
from engine.qwen.planning.plan import Plan
from engine.qwen.planning.weights import Weights
from engine.words import Message, note

BARE = 1_500_000_000
"""Bytes of host memory that this process takes without any weights."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What the model made: uint8 layers x height x width x 4 straight alpha, bottom first, at the bucket's size."""

    layers: Pixels
    caption: str
    notes: tuple[Message, ...] = ()


@dataclass(slots=True)
class Peaks:
    """Most bytes in use on the device, by phase; empty on a CPU."""

    device: Any
    by_phase: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        """Begin to count."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
            torch.cuda.reset_peak_memory_stats(self.device)

    def ended(self, phase: str) -> None:
        """That phase is over: keep its peak, and begin to count the next one's."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
            now = int(torch.cuda.max_memory_allocated(self.device))
            self.by_phase[phase] = max(self.by_phase.get(phase, 0), now)
            torch.cuda.reset_peak_memory_stats(self.device)


class Runner:
    """The model, kept warm between runs where the plan has room for that.

    Attributes:
        pipe: the pipeline with its small parts, None where nothing is loaded. peaks: of the last run.
    """

    def __init__(self, loader: DiskLoader | None = None) -> None:
        self._loader = loader or DiskLoader()
        self._key: tuple[Any, ...] = ()
        self.pipe: Any = None
        self._encoder: Any = None
        self._denoiser: Denoiser | None = None
        self._kept = Kept()
        self._given: dict[tuple[str, str], Pair] = {}
        self.peaks = Peaks(torch.device("cpu"))

    def run(self, task: Task) -> Raw:
        """One image into layers.

        Raises Cancelled soon after `task.cancelled` is set; whatever torch raises goes through, with nothing left
        loaded.
        """
        try:
            with torch.no_grad():
                return self._run(task)
        except BaseException:
            self.free()
            raise

    def encoder(self, task: Task) -> tuple[Any, Any]:
        """(text encoder on its device, processor); first makes room where there is none beside the denoiser."""
        task.check()
        where = torch.device(task.plan.encoder)
        if not _both_stay(task.plan):
            self._make_room(parked=where.type != "cpu")
        if self._encoder is None:
            task.unchanged()
            self._encoder = self._loader.encoder(task.weights, where, task.dtype)
        self._encoder.to(where)
        task.check()
        return self._encoder, self.pipe.vl_processor

    @property
    def bare(self) -> bool:
        """True where no part of the model is loaded."""
        return self.pipe is None and self._encoder is None and self._denoiser is None

    def give(self, prompt: str, negative: str, wanted: Embeds, unwanted: Embeds | None) -> None:
        """Use these embeddings for that pair of prompts; then no text encoder is loaded for it."""
        self._given[prompt, negative] = Pair(wanted, unwanted)

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
        if self._denoiser is not None:
            self._denoiser.close()
        self._denoiser = self._encoder = self.pipe = None
        self._key = ()
        collect()

    def _run(self, task: Task) -> Raw:
        self._renew(task)
        self.peaks = Peaks(task.device)
        self.peaks.start()
        task.enter("load")
        pipe = self._headless(task)
        pipe.vae.use_tiling = task.plan.tile
        size = Size(*bucket_size(task.options.resolution, task.image.shape[1], task.image.shape[0]), task.layers)
        task.enter("encode")
        picture = pipe.image_processor.resize(Image.fromarray(task.image), size.high, size.wide)
        start = _latents(pipe, picture, size, task)
        self.peaks.ended("encode")
        texts = self._texts(picture, task)
        self.peaks.ended("describe")
        task.enter("load-denoiser")
        denoiser = self._denoising(task)
        self.peaks.ended("load-denoiser")
        hooks = stop_between_blocks(denoiser.model, task)
        latents = denoise(pipe, denoiser, texts.pair, start, size, task)
        for hook in hooks:
            hook.remove()
        self.peaks.ended("denoise")
        if task.plan.drop:
            self._make_room()
        task.enter("decode")
        made = decode(pipe, latents, size, task)
        self.peaks.ended("decode")
        return Raw(made, texts.caption, texts.notes)

    def _renew(self, task: Task) -> None:
        """Let go of what was loaded for other weights or another plan."""
        weights, plan, options = task.weights, task.plan, task.options
        key: tuple[Any, ...] = (weights.key, weights.folder, weights.gguf, weights.lora, options.lora_scale)
        key += (plan.id, plan.device, plan.encoder, options.dtype)
        if key != self._key:
            self.free()
            self._key = key

    def _headless(self, task: Task) -> Any:
        """The pipeline without its two large models: its templates, image processor and helpers serve as they are."""
        if self.pipe is None:
            from diffusers import QwenImageLayeredPipeline

            scheduler, tokenizer, processor = self._loader.texts(task.weights)
            self.pipe = QwenImageLayeredPipeline(
                scheduler=scheduler,
                vae=self._loader.vae(task.weights, task.device, task.dtype),
                text_encoder=None,
                tokenizer=tokenizer,
                processor=processor,
                transformer=None,
            )
        else:
            task.meter.idle()
        return self.pipe

    def _texts(self, picture: Any, task: Task) -> Texts:
        """Prompt embeddings on the denoiser's device; the encoder is gone afterwards unless there is room for it."""
        options = task.options
        asked = options.prompt.strip()
        prompt = asked or task.known_caption or ""
        negative = options.negative_prompt if options.guided else ""
        pair = self._known(prompt, negative, task) if prompt else None
        if pair is None:
            task.enter("load-encoder")
            if self._encoder is not None:
                task.meter.idle()
            encoder, _ = self.encoder(task)
            task.enter("describe")
            where = torch.device(task.plan.encoder)
            self.pipe.text_encoder = encoder
            del encoder
            try:
                prompt = prompt or caption(self.pipe, picture, task)
                task.check()
                wanted = embed(self.pipe, prompt, where)
                pair = Pair(wanted, embed(self.pipe, negative, where) if options.guided else None)
            finally:
                self.pipe.text_encoder = None
            self._kept.put(_depends(prompt, negative, task), pair)
            self._put_encoder_away(task.plan)
        if not asked:
            task.captioned(prompt)
        cut = note("qwen.prompt-cut", tokens=MAX_TOKENS)
        return Texts(prompt, pair.to(task.device), () if pair.wanted.whole else (cut,))

    def _known(self, prompt: str, negative: str, task: Task) -> Pair | None:
        return self._given.get((prompt, negative)) or self._kept.get(_depends(prompt, negative, task))

    def _put_encoder_away(self, plan: Plan) -> None:
        if _both_stay(plan):
            return
        if plan.park:
            self._encoder.to("cpu")
        else:
            self._encoder = None
        collect()

    def _denoising(self, task: Task) -> Denoiser:
        if self._denoiser is not None:
            task.meter.idle()
            return self._denoiser
        task.unchanged()
        size = max(1, task.weights.transformer_bytes)

        def tick(done: int) -> None:
            task.check()
            task.meter.part(done / size)

        how = replace(task.plan.how, lora_scale=task.options.lora_scale)
        self._denoiser = self._loader.transformer(task.weights, task.device, task.dtype, how, tick)
        if how.place == "offload":
            take_turns(self._denoiser.model, self.pipe.vae, task.device)
        return self._denoiser

    def _make_room(self, parked: bool = True) -> None:
        """Take the denoiser off the device: into host memory where its placement can and `parked` allows, else away."""
        if self._denoiser is not None and parked and self._denoiser.park():
            collect()
        else:
            self._drop_denoiser()

    def _drop_denoiser(self) -> None:
        if self._denoiser is not None:
            self._denoiser.close()
            self._denoiser = None
            collect()


def collect() -> None:
    """Give what nothing refers to any more back to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _both_stay(plan: Plan) -> bool:
    """True where the text encoder may lie where it works while the denoiser is loaded."""
    return plan.together or (plan.encoder == "cpu" and plan.park)


def _depends(prompt: str, negative: str, task: Task) -> Hashable:
    """Everything that a pair of embeddings depends on."""
    where = torch.device(task.plan.encoder).type
    return task.weights.key, task.options.dtype, where, prompt, negative, task.options.guided


def _latents(pipe: Any, picture: Any, size: Size, task: Task) -> Latents:
    """The seed's noise and the encoded picture."""
    batch = pipe.image_processor.preprocess(picture, size.high, size.wide).unsqueeze(2).to(task.dtype)
    generator = torch.Generator().manual_seed(task.seed)
    return Latents(
        *pipe.prepare_latents(
            batch,
            1,
            pipe.vae.config.z_dim,
            size.high,
            size.wide,
            size.layers,
            task.dtype,
            task.device,
            generator,
        )
    )


__all__ = ["Embeds", "Peaks", "Raw", "Runner", "Task", "collect", "dtype_of"]
