"""Which placement of the model fits this machine, decided before anything loads. Pure: values in, a ranked list out.

The constants were measured at full size on one H100 80 GB (docs/benchmarks.md, "Qwen"); other cards are scaled by
their arithmetic rate and bus. Once there are runs on record, `scale` carries what they really took.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.errors import EngineUnavailable, InputError
from engine.qwen.geometry import bucket_size, frame_tokens
from engine.qwen.weights import Weights

GB = 1_000_000_000
MARGIN = 0.06
"""Share of a device's free memory that stays unplanned: fragments, the desktop's own needs."""
CONTEXT = 0.13 * GB
"""Workspace of the libraries beside the tensors."""
REFERENCE = 368.5
"""TFLOP/s that the denoiser's matrices get on the card that the constants below were measured on."""
ATTENTION = 0.615
"""Time of one operation of the attention, in times of one of the matrices."""

ACTIVATION = 94_200
"""Bytes of working memory for each token of one denoiser call in 16 bit."""
DECODE = 4_260
"""Bytes of working memory for each px of one layer while it is decoded in 16 bit."""
DECODE_SECONDS = 1.1e-7
CPU_DECODE_SECONDS = 5e-5
"""Seconds for each px of one layer."""
TILE = 256 * 256
CAPTION_TOKENS = 200
"""A usual length of the model's own description."""
TOKEN_SECONDS = 0.05
"""Seconds for each token of a description beside reading the weights once."""
DISK_RATE = 1.5 * GB
HOST_RATE = 20 * GB
"""Bytes a second that a CPU reads weights at."""
CPU_TFLOPS_PER_CORE = 0.03
TOO_SLOW = 4 * 3600.0
STREAM_OVERHEAD = 1.03
WIDEN_SECONDS = 2.7e-12
"""Seconds for each byte (in 16 bit) of the blocks that is widened from 8 bits or a GGUF form, each call."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """Attributes: total, free: bytes. tflops: 16-bit rate that the denoiser really gets. bus: bytes a second."""

    index: int
    name: str
    total: int
    free: int
    capability: tuple[int, int] = (8, 0)
    tflops: float = 60.0
    bus: float = 20e9
    kind: str = "cuda"

    @property
    def device(self) -> str:
        return f"cuda:{self.index}" if self.kind == "cuda" else self.kind


@dataclass(frozen=True, slots=True)
class Machine:
    """Attributes: host_free, host_total: bytes. cores: of the CPU."""

    gpus: tuple[Gpu, ...]
    host_free: int
    host_total: int
    cores: int = 8


@dataclass(frozen=True, slots=True)
class Ask:
    """What a run asks of the machine. `width`, `height`: the source's own size. `described`: a prompt is given."""

    resolution: int = 640
    layers: int = 4
    width: int = 1
    height: int = 1
    steps: int = 50
    guided: bool = True
    described: bool = False
    names: bool = True

    @property
    def tokens(self) -> int:
        return (self.layers + 2) * frame_tokens(*bucket_size(self.resolution, self.width, self.height))

    @property
    def pixels(self) -> int:
        wide, high = bucket_size(self.resolution, self.width, self.height)
        return wide * high


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to place the denoiser.

    Attributes:
        place: "resident" on the device or "streamed" from host memory. fp8: matrices stored in 8 bits.
        table: modulation layers replaced by a table. exact: gives what the 16-bit model gives.
        on: "gpu" or "cpu". gguf: for a GGUF file only (and then the only ones).
    """

    id: str
    title: str
    place: str
    fp8: bool
    table: bool
    exact: bool = True
    on: str = "gpu"
    gguf: bool = False


KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind("resident", "16 bit, all on the card", "resident", fp8=False, table=False),
        Kind("resident-table", "16 bit, on the card, with a modulation table", "resident", fp8=False, table=True),
        Kind("streamed", "16 bit, copied in block by block", "streamed", fp8=False, table=True),
        Kind("streamed-full", "16 bit, copied in block by block, no table", "streamed", fp8=False, table=False),
        Kind("fp8", "8 bit, on the card", "resident", fp8=True, table=True, exact=False),
        Kind("fp8-streamed", "8 bit, copied in block by block", "streamed", fp8=True, table=True, exact=False),
        Kind("gguf", "GGUF, on the card", "resident", fp8=False, table=False, gguf=True),
        Kind("gguf-streamed", "GGUF, copied in block by block", "streamed", fp8=False, table=False, gguf=True),
        Kind("cpu", "16 bit, on the processor", "resident", fp8=False, table=True, on="cpu"),
        Kind("cpu-fp8", "8 bit, on the processor", "resident", fp8=True, table=True, exact=False, on="cpu"),
        Kind("cpu-gguf", "GGUF, on the processor", "resident", fp8=False, table=False, on="cpu", gguf=True),
    )
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A placement with what it needs.

    Attributes:
        device: torch's name of the denoiser's device. encoder: device of the text encoder.
        together: encoder and denoiser fit on the device at once, so that neither is dropped between runs.
        park: the encoder may stay in host memory while the denoiser works.
        tile: the VAE works in tiles. drop: the denoiser is let go of before the layers are decoded.
        peak: bytes on the device at the worst moment; denoise_peak, decode_peak: of these phases.
        host: bytes of host memory. seconds: of the whole run; step_seconds: of one step.
        phases: predicted seconds by phase. short: why it does not fit here, or "".
    """

    kind: Kind
    device: str
    encoder: str
    together: bool
    park: bool
    tile: bool
    drop: bool
    peak: int
    denoise_peak: int
    decode_peak: int
    host: int
    step_seconds: float
    phases: Mapping[str, float] = field(default_factory=dict)
    short: str = ""

    @property
    def id(self) -> str:
        return self.kind.id

    @property
    def seconds(self) -> float:
        return sum(self.phases.values())

    @property
    def fits(self) -> bool:
        return not self.short


def rank(
    machine: Machine,
    ask: Ask,
    weights: Weights,
    *,
    device: str = "auto",
    wanted: str = "auto",
    avoid: frozenset[str] = frozenset(),
    scale: Mapping[str, float] | None = None,
) -> list[Plan]:
    """Every plan for that weights and machine, the best that fits first, those that do not fit last.

    An inexact plan goes before an exact one only where it is 1.6 times as fast. `avoid` are plan ids that ran out of
    memory here before; `scale` is measured over predicted seconds by plan id. Raises InputError for an unknown
    `wanted` or `device`.
    """
    if wanted != "auto" and wanted not in KINDS:
        raise InputError(f"There is no memory plan called {wanted}; choose auto, {', '.join(KINDS)}.")
    plans = [
        _plan(kind, gpu, machine, ask, weights, (scale or {}).get(kind.id, 1.0))
        for kind in KINDS.values()
        if kind.gguf == (weights.gguf is not None)
        for gpu in _devices(machine, device, kind)
    ]
    if wanted != "auto":
        plans = [p for p in plans if p.id == wanted]
        if not plans:
            raise InputError(_unsuitable(wanted, weights, device))
    plans = [replace(p, short=p.short or "it ran out of memory here before") if p.id in avoid else p for p in plans]
    return sorted(plans, key=lambda p: (not p.fits, p.seconds * (1.0 if p.kind.exact else 1.6)))


def best(plans: list[Plan]) -> Plan:
    """The first plan that fits. Raises EngineUnavailable, with what is short, where none does."""
    if plans and plans[0].fits:
        return plans[0]
    if not plans:
        raise EngineUnavailable("No device here can run Qwen-Image-Layered; use the built-in engine.")
    near = min(plans, key=lambda p: p.peak + p.host)
    raise EngineUnavailable(
        f"Qwen-Image-Layered does not fit this computer now: {near.short}. "
        "Close other programs, choose 640 px, use a GGUF file, or use the built-in engine."
    )


def next_smaller(plans: list[Plan], failed: Plan) -> Plan | None:
    """The best plan that fits and needs less of what ran out, or None."""
    smaller = [p for p in plans if p.fits and p.id != failed.id and p.peak < 0.95 * failed.peak]
    on_cpu = failed.device == "cpu"
    if on_cpu:
        smaller = [p for p in plans if p.fits and p.id != failed.id and p.host < failed.host]
    return smaller[0] if smaller else None


def sentence(plan: Plan, machine: Machine, ask: Ask) -> str:
    """E.g. "1024 px needs 7.7 GB of the 24 GB of your NVIDIA RTX 3090; about 6 minutes." """
    took = duration(plan.seconds)
    gpu = next((g for g in machine.gpus if g.device == plan.device), None)
    if gpu is None:
        where = f"{gigabytes(plan.host)} of your {gigabytes(machine.host_total)} of memory"
    else:
        where = f"{gigabytes(plan.peak)} of the {gigabytes(gpu.total)} of your {gpu.name}"
    if not plan.fits:
        return f"{ask.resolution} px ({plan.kind.title}) does not fit: {plan.short}."
    slow = " Far too slow to be useful: use the built-in engine." if plan.seconds > TOO_SLOW else ""
    return f"{ask.resolution} px needs {where} ({plan.kind.title}); about {took}.{slow}"


def compare(machine: Machine, ask: Ask, weights: Weights, **how: object) -> list[tuple[Ask, Plan]]:
    """The best plan for 640 and for 1024 px, to be shown side by side."""
    asks = [replace(ask, resolution=640), replace(ask, resolution=1024)]
    return [(a, rank(machine, a, weights, **how)[0]) for a in asks]  # type: ignore[arg-type]


def advice(resolution: int, long_side: int) -> str:
    """What that resolution buys for a picture whose longer side has that many px."""
    if resolution == 640:
        return "Recommended: the size the model was made for, with the most reliable separation."
    if long_side <= 900:
        return "Your picture has few pixels: 1024 adds time and no detail."
    return "Finer edges and small text; layers may mix more than at 640, because the model saw less of this size."


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.0f} hours"


def gigabytes(count: float) -> str:
    value = count / GB
    return f"{value:.0f} GB" if value >= 20 or value == int(value) else f"{value:.1f} GB"


def step_flops(ask: Ask, weights: Weights) -> float:
    """Operations of one step in times of a matrix operation: every token through the image stream's matrices (24 d^2
    a block), and attention of all with all (4 n^2 d a block), for one or two denoiser calls."""
    n, d = ask.tokens, weights.width
    one = weights.blocks * (24.0 * n * d * d + ATTENTION * 4.0 * n * n * d)
    return one * (2 if ask.guided else 1)


def _devices(machine: Machine, device: str, kind: Kind) -> list[Gpu | None]:
    """Best GPU first (most free memory); None stands for the CPU."""
    if kind.on == "cpu":
        return [None] if device in ("auto", "cpu") else []
    gpus = sorted(machine.gpus, key=lambda g: -g.free)
    if device in ("auto", "cuda"):
        return list(gpus[:1])
    if device == "cpu":
        return []
    named = [g for g in gpus if g.device == device or (device == "cuda:0" and g.device == "cuda")]
    if not named:
        have = ", ".join(g.device for g in gpus) or "none"
        raise InputError(f"There is no device {device} here (found: {have}); choose auto or cpu.")
    return list(named)


@dataclass(frozen=True, slots=True)
class _Memory:
    """Bytes: what lies packed, one widened block, what stays on the device between calls, and both phases' peaks."""

    blocks: int
    stored: int
    denoise: int
    decode: int
    drop: bool
    tile: bool
    held: int


def _memory(kind: Kind, ask: Ask, weights: Weights, free: int) -> _Memory:
    activation = ACTIVATION * ask.tokens
    blocks = weights.block_bytes - (weights.table_bytes if kind.table else 0)
    table = weights.blocks * 2 * ask.steps * weights.width * 6 * 2 if kind.table else 0
    stored = blocks // 2 if kind.fp8 else blocks
    on_device = 2 * stored // max(1, weights.blocks) if kind.place == "streamed" else stored
    alone = int(weights.vae_bytes + CONTEXT)
    held = on_device + table + weights.transformer_bytes - weights.block_bytes + alone
    wide = blocks // max(1, weights.blocks) if kind.fp8 or kind.gguf else 0
    whole = int(DECODE * ask.pixels)
    drop = held + whole > free and alone + whole < free
    stays = alone if drop else held
    tile = stays + whole > free and ask.pixels > TILE
    decode = stays + (int(DECODE * TILE) if tile else whole)
    return _Memory(blocks, stored, held + activation + wide, decode, drop, tile, held)


def _plan(kind: Kind, gpu: Gpu | None, machine: Machine, ask: Ask, weights: Weights, scale: float) -> Plan:
    free = int((gpu.free if gpu else machine.host_free) * (1 - MARGIN))
    host_free = int(machine.host_free * (1 - MARGIN)) - 2 * GB
    memory = _memory(kind, ask, weights, free)
    encoder_need = int(weights.encoder_bytes + CONTEXT + GB)
    encoder_fits = gpu is not None and encoder_need <= free
    most = max(memory.denoise, memory.decode)
    together = encoder_fits and most + weights.encoder_bytes <= free
    on_host = memory.stored if kind.place == "streamed" else 0
    if weights.lora is not None:
        on_host += weights.transformer_bytes
    host = max(on_host, 0 if encoder_fits else weights.encoder_bytes)
    peak = most + weights.encoder_bytes if together else max(most, encoder_need if encoder_fits else 0)
    if gpu is None:
        host, peak = max(most + on_host, encoder_need), 0
    step, phases = _times(kind, gpu, machine, ask, weights, memory, encoder_fits, scale)
    return Plan(
        kind=kind,
        device=gpu.device if gpu else "cpu",
        encoder=gpu.device if gpu is not None and encoder_fits else "cpu",
        together=together,
        park=not together and on_host + weights.encoder_bytes <= host_free,
        tile=memory.tile,
        drop=memory.drop,
        peak=peak,
        denoise_peak=memory.denoise,
        decode_peak=memory.decode,
        host=host,
        step_seconds=step,
        phases=phases,
        short=_shortfall(gpu, most, free, host, host_free),
    )


def _times(
    kind: Kind,
    gpu: Gpu | None,
    machine: Machine,
    ask: Ask,
    weights: Weights,
    memory: _Memory,
    on_gpu: bool,
    scale: float,
) -> tuple[float, dict[str, float]]:
    calls = 2 if ask.guided else 1
    rate = gpu.tflops if gpu else CPU_TFLOPS_PER_CORE * machine.cores
    step = step_flops(ask, weights) / (rate * 1e12)
    if kind.fp8 or kind.gguf:
        step += calls * memory.blocks * WIDEN_SECONDS * (REFERENCE / rate)
    if kind.place == "streamed" and gpu is not None:
        step = max(step * STREAM_OVERHEAD, calls * memory.stored / gpu.bus * STREAM_OVERHEAD)
    step *= scale
    tokens = 1 if ask.described else CAPTION_TOKENS
    per_token = weights.encoder_bytes / HOST_RATE
    if on_gpu and gpu is not None:
        per_token = TOKEN_SECONDS + weights.encoder_bytes / 1e12 * (REFERENCE / gpu.tflops)
    return step, {
        "load": 3.0,
        "encode": 0.3 if gpu else 3.0,
        "load-encoder": weights.encoder_bytes / DISK_RATE + 2.0,
        "describe": 0.5 + tokens * per_token,
        "load-denoiser": weights.transformer_bytes / DISK_RATE + 1.0,
        "denoise": step * ask.steps,
        "decode": ask.layers * ask.pixels * (DECODE_SECONDS * REFERENCE / rate if gpu else CPU_DECODE_SECONDS),
        "name": (1.0 + ask.layers * 8 * per_token) if ask.names else 0.0,
    }


def _shortfall(gpu: Gpu | None, need: int, free: int, host: int, host_free: int) -> str:
    if gpu is not None and need > free:
        return f"it needs {gigabytes(need)} of graphics memory and {gigabytes(max(free, 0))} can be used"
    if gpu is not None and gpu.kind == "cuda" and gpu.capability < (8, 0):
        return f"{gpu.name} cannot calculate in bfloat16"
    if host > host_free:
        return f"it needs {gigabytes(host)} of main memory and {gigabytes(max(host_free, 0))} can be used"
    return ""


def _unsuitable(wanted: str, weights: Weights, device: str) -> str:
    if KINDS[wanted].gguf:
        return f"The memory plan {wanted} needs a GGUF file; give one as --gguf, or choose auto."
    if weights.gguf is not None:
        return f"The memory plan {wanted} is not for a GGUF file; choose gguf, gguf-streamed, cpu-gguf or auto."
    return f"The memory plan {wanted} cannot run on {device} here; choose auto."
