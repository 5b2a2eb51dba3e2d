"""What the text encoder does in a run: it describes the picture and turns texts into embeddings."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Event
from typing import Any

import torch

from engine.decomposer import check
from engine.qwen.child.meter import Meter
from engine.qwen.child.task import Task
from engine.qwen.options import Language
from engine.words import Message

MAX_TOKENS = 512
KEPT = 8
"""Pairs of prompts whose embeddings are kept; a pair takes up to 15 MB of host memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Embeds:
    """Hidden states 1 x tokens x width and their mask (None: all valid). `whole` is False where the text was cut."""

    states: Any
    mask: Any
    whole: bool

    def to(self, device: Any) -> Embeds:
        """The same on that device."""
        return Embeds(self.states.to(device), None if self.mask is None else self.mask.to(device), self.whole)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Embeddings of a prompt and of the negative prompt (None without guidance)."""

    wanted: Embeds
    unwanted: Embeds | None

    def to(self, device: Any) -> Pair:
        """The same on that device."""
        return Pair(self.wanted.to(device), self.unwanted.to(device) if self.unwanted else None)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """What a run goes by: the description and its embeddings on the denoiser's device."""

    caption: str
    pair: Pair
    notes: tuple[Message, ...]


class Kept:
    """The last few pairs of embeddings, in host memory, by everything that they depend on."""

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._pairs: OrderedDict[Hashable, Pair] = OrderedDict()

    def get(self, key: Hashable) -> Pair | None:
        """The pair with that key, or None."""
        if key in self._pairs:
            self._pairs.move_to_end(key)
        return self._pairs.get(key)

    def put(self, key: Hashable, pair: Pair) -> None:
        """Keep a pair; the oldest goes where there are too many."""
        self._pairs[key] = pair.to("cpu")
        self._pairs.move_to_end(key)
        while len(self._pairs) > self._limit:
            self._pairs.popitem(last=False)

    def __len__(self) -> int:
        return len(self._pairs)


def caption(pipe: Any, picture: Any, task: Task) -> str:
    """The model's own description of the picture, with the pipeline's own instruction."""
    english = task.options.language is Language.ENGLISH
    ask = pipe.image_caption_prompt_en if english else pipe.image_caption_prompt_cn
    torch.manual_seed(task.seed)  # the encoder's generation settings may sample
    device, limit = torch.device(task.plan.encoder), task.options.caption_tokens
    said = generate(pipe.text_encoder, pipe.vl_processor, ask, picture, limit, device, task.meter, task.cancelled)
    return said or " "


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


def embed(pipe: Any, text: str, device: Any) -> Embeds:
    """The text as the denoiser takes it, cut at `MAX_TOKENS`."""
    states, mask = pipe.encode_prompt(prompt=text, device=device, max_sequence_length=MAX_TOKENS)
    whole = len(pipe.tokenizer(text).input_ids) <= MAX_TOKENS
    return Embeds(states, mask, whole)
