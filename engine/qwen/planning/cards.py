"""The plan that spreads the denoiser's blocks over several cards, in proportion to what is free on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.qwen.planning.cost import (
    CONTEXT,
    MARGIN,
    RESERVE,
    activation,
    decoding,
    phase_seconds,
    rate_of,
    sizes_of,
    step_flops,
    table_rows,
)
from engine.qwen.planning.records import GB, Ask, Gpu, Kind, Machine, Plan
from engine.qwen.planning.sentences import host_shortfall, shortfall
from engine.qwen.planning.weights import Weights
from engine.words import Message, note
from engine.words.amounts import gigabytes


@dataclass(frozen=True, slots=True)
class _Load:
    """Bytes by card. Attributes: free: what may be planned with. held: between calls. denoise: while it works."""

    gpus: tuple[Gpu, ...]
    counts: tuple[int, ...]
    free: tuple[int, ...]
    held: tuple[int, ...]
    denoise: tuple[int, ...]
    first_alone: int
    room: int
    need: int


def balanced(kind: Kind, machine: Machine, ask: Ask, weights: Weights, factors: Mapping[str, float]) -> Plan:
    """The first card, the one with most free memory, has everything that is no block; the encoder goes to the card
    that has room for it beside its blocks, else to the one with most memory, else to the CPU."""
    more = max(1.0, factors.get("peak", 1.0))
    load = _load(kind, machine, ask, weights, more)
    sizes = sizes_of(ask, weights)
    decode, drop, tile = decoding(ask, load.held[0], load.first_alone, load.free[0])
    peaks = [max(need, decode if i == 0 else 0) for i, need in enumerate(load.denoise)]
    where, together = _encoder_place(load, peaks, sizes.encoder)
    encoder_peak = 0
    if where >= 0:
        beside = load.held[where] if together else (load.first_alone if where == 0 else int(CONTEXT))
        encoder_peak = beside + sizes.encoder + GB
        peaks[where] = max(peaks[where] + (sizes.encoder if together else 0), encoder_peak)
    host_free = int(machine.host_free * (1 - MARGIN)) - RESERVE
    host = (sizes.denoiser + sizes.table) if weights.lora is not None else 0
    park = not together and host + sizes.encoder <= host_free
    host = host + sizes.encoder if park else max(host, 0 if where >= 0 else sizes.encoder)
    step = _step_seconds(load, machine, ask, weights)
    encoder = load.gpus[where] if where >= 0 else None
    raw = phase_seconds(load.gpus[0], machine, ask, weights, encoder) | {"denoise": step * ask.steps}
    return Plan(
        kind=kind,
        device=load.gpus[0].device,
        encoder=encoder.device if encoder else "cpu",
        together=together,
        park=park,
        tile=tile,
        drop=drop,
        peak=int(more * max(peaks)),
        denoise_peak=int(more * max(load.denoise)),
        decode_peak=int(more * decode),
        encoder_peak=int(more * encoder_peak),
        host=host,
        step_seconds=step * factors.get("denoise", 1.0),
        phases={name: seconds * factors.get(name, 1.0) for name, seconds in raw.items()},
        raw_phases=raw,
        raw_peak=peaks[0],
        short=_short(kind, load, ask) or host_shortfall(host, host_free),
        devices=tuple(g.device for g in load.gpus),
        spread=load.counts,
        peaks={g.device: int(more * peak) for g, peak in zip(load.gpus, peaks, strict=True)},
    )


def spread(rooms: Sequence[int], blocks: int) -> tuple[int, ...]:
    """How many of `blocks` each card gets, in proportion to how many it has room for; together they are all."""
    whole = max(1, sum(rooms))
    shares = [blocks * room / whole for room in rooms]
    counts = [int(share) for share in shares]
    by_rest = sorted(range(len(rooms)), key=lambda i: counts[i] - shares[i])
    for i in by_rest[: blocks - sum(counts)]:
        counts[i] += 1
    counts[0] += blocks - sum(counts)
    return tuple(counts)


def _load(kind: Kind, machine: Machine, ask: Ask, weights: Weights, more: float) -> _Load:
    sizes = sizes_of(ask, weights)
    block = (sizes.blocks - sizes.table + table_rows(kind, ask, weights)) // max(1, weights.blocks)
    first_alone = int(sizes.vae + CONTEXT)
    fixed, first = int(CONTEXT) + activation(ask), first_alone + sizes.rest + activation(ask)
    cards = sorted(machine.gpus, key=lambda g: -g.free)
    usable = [g for g in cards if g.kind == "cuda"] or cards
    free = [int(g.free * (1 - MARGIN) / more) for g in usable]
    rooms = [max(0, left - (fixed if i else first)) // max(1, block) for i, left in enumerate(free)]
    chosen = [i for i, room in enumerate(rooms) if room or i == 0]
    counts = spread([rooms[i] for i in chosen], weights.blocks)
    rest = [(fixed if i else first) - activation(ask) for i in chosen]
    held = [alone + count * block for alone, count in zip(rest, counts, strict=True)]
    return _Load(
        gpus=tuple(usable[i] for i in chosen),
        counts=counts,
        free=tuple(free[i] for i in chosen),
        held=tuple(held),
        denoise=tuple(h + activation(ask) for h in held),
        first_alone=first_alone,
        room=sum(free[i] for i in chosen),
        need=sum(held) + len(held) * activation(ask),
    )


def _encoder_place(load: _Load, peaks: list[int], encoder: int) -> tuple[int, bool]:
    """(index of the encoder's card or -1 for the CPU, it stays there beside the blocks)."""
    beside = [max(peak, held + GB) for peak, held in zip(peaks, load.held, strict=True)]
    left = [free - need for free, need in zip(load.free, beside, strict=True)]
    roomiest = max(range(len(left)), key=lambda i: left[i])
    if left[roomiest] >= encoder:
        return roomiest, True
    largest = max(range(len(left)), key=lambda i: load.free[i] - (load.first_alone if i == 0 else CONTEXT))
    alone = load.first_alone if largest == 0 else int(CONTEXT)
    return (largest, False) if encoder + alone + GB <= load.free[largest] else (-1, False)


def _step_seconds(load: _Load, machine: Machine, ask: Ask, weights: Weights) -> float:
    """Card after card, and what the tokens' states take from one to the next and back."""
    flops = step_flops(ask, weights) / 1e12 / max(1, weights.blocks)
    step = sum(flops * count / rate_of(g, machine, ask) for g, count in zip(load.gpus, load.counts, strict=True))
    states = ask.tokens * weights.width * ask.itemsize * (2 if ask.guided else 1)
    return step + sum(states / g.bus for g in load.gpus)


def _short(kind: Kind, load: _Load, ask: Ask) -> Message | None:
    if len(load.gpus) < 2:
        return note("qwen.lacks-second-card")
    for gpu in load.gpus:
        if why := shortfall(kind, gpu, ask, 0, 1):
            return why
    if any(need > free for need, free in zip(load.denoise, load.free, strict=True)):
        need, room = gigabytes(load.need), gigabytes(load.room)
        return note("qwen.lacks-memory-over-cards", need=need, cards=len(load.gpus), have=room)
    return None
