"""What plans are made of: what is asked of the machine, the ways to place the denoiser. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.hardware import GB, Gpu, Machine
from engine.qwen.planning.geometry import bucket_size, frame_tokens
from engine.words import Message

__all__ = ["GB", "KINDS", "PRODUCTS", "Ask", "Gpu", "How", "Kind", "Machine", "Plan"]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a run asks of the machine.

    Attributes:
        width, height: the source's own size in px. described: a prompt is given.
        dtype: the number format that is calculated in: auto (bf16), bf16, fp16 or fp32.
    """

    resolution: int = 640
    layers: int = 4
    width: int = 1
    height: int = 1
    steps: int = 50
    guided: bool = True
    described: bool = False
    names: bool = True
    dtype: str = "auto"

    @property
    def itemsize(self) -> int:
        """Bytes of a number of that format."""
        return 4 if self.dtype == "fp32" else 2

    @property
    def tokens(self) -> int:
        """Image tokens of one denoiser call."""
        return (self.layers + 2) * frame_tokens(*bucket_size(self.resolution, self.width, self.height))

    @property
    def pixels(self) -> int:
        """Of one layer at the size that the model works at."""
        wide, high = bucket_size(self.resolution, self.width, self.height)
        return wide * high


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to place the denoiser.

    Attributes:
        place: "resident" on the device, "streamed" from host memory block by block, "offload" (whole on the device
            while it works, else in host memory) or "balanced" over several cards.
        fp8: matrices stored in 8 bits. products: the image stream's matrices are stored and multiplied in 8 bits.
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
    products: bool = False


PRODUCTS = "8-bit matrix products"
KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind("resident", "16 bit, all on the card", "resident", fp8=False, table=False),
        Kind("resident-table", "16 bit, on the card, with a modulation table", "resident", fp8=False, table=True),
        Kind("streamed", "16 bit, copied in block by block", "streamed", fp8=False, table=True),
        Kind("streamed-full", "16 bit, copied in block by block, no table", "streamed", fp8=False, table=False),
        Kind("fp8", "8 bit, on the card", "resident", fp8=True, table=True, exact=False),
        Kind("fp8-streamed", "8 bit, copied in block by block", "streamed", fp8=True, table=True, exact=False),
        Kind("fp8-compute", f"{PRODUCTS}, on the card", "resident", False, True, exact=False, products=True),
        Kind(
            "fp8-compute-streamed",
            f"{PRODUCTS}, copied in block by block",
            "streamed",
            False,
            True,
            exact=False,
            products=True,
        ),
        Kind("offload", "16 bit, on the card while it works, else in main memory", "offload", fp8=False, table=True),
        Kind("balanced", "16 bit, spread over several cards", "balanced", fp8=False, table=True),
        Kind("gguf", "GGUF, on the card", "resident", fp8=False, table=False, gguf=True),
        Kind("gguf-streamed", "GGUF, copied in block by block", "streamed", fp8=False, table=False, gguf=True),
        Kind("cpu", "16 bit, on the processor", "resident", fp8=False, table=True, on="cpu"),
        Kind("cpu-fp8", "8 bit, on the processor", "resident", fp8=True, table=True, exact=False, on="cpu"),
        Kind("cpu-gguf", "GGUF, on the processor", "resident", fp8=False, table=False, on="cpu", gguf=True),
    )
}


@dataclass(frozen=True, slots=True)
class How:
    """What a loader has to know to place the denoiser: a Kind's attributes, and for "balanced" the devices with how
    many blocks each of them gets, in order."""

    place: str = "resident"
    fp8: bool = False
    products: bool = False
    table: bool = False
    devices: tuple[str, ...] = ()
    spread: tuple[int, ...] = ()
    lora_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A placement with what it needs.

    Attributes:
        device: torch's name of the denoiser's device. encoder: device of the text encoder.
        together: encoder and denoiser fit on the device at once, so that neither is dropped between runs.
        park: the encoder may stay in host memory while the denoiser works.
        tile: the VAE works in tiles. drop: the denoiser is let go of before the layers are decoded.
        peak: bytes on the device at the worst moment; denoise_peak, decode_peak, encoder_peak: of these phases.
        host: bytes of host memory. step_seconds: of one step.
        phases: predicted seconds by phase; raw_phases, raw_peak: the same before past runs corrected them.
        short: why it does not fit here, to stand inside a sentence, or None. slow: only because it would take hours.
        devices, spread: for "balanced", the cards and how many blocks each gets; `peaks` are bytes by device.
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
    encoder_peak: int
    host: int
    step_seconds: float
    phases: Mapping[str, float] = field(default_factory=dict)
    raw_phases: Mapping[str, float] = field(default_factory=dict)
    raw_peak: int = 0
    short: Message | None = None
    slow: bool = False
    devices: tuple[str, ...] = ()
    spread: tuple[int, ...] = ()
    peaks: Mapping[str, int] = field(default_factory=dict)

    @property
    def how(self) -> How:
        """What a loader has to know of it."""
        k = self.kind
        return How(k.place, k.fp8, k.products, k.table, self.devices, self.spread)

    @property
    def keeps(self) -> bool:
        """True where the denoiser is still loaded when the next run begins."""
        return self.together or self.kind.place == "offload" or (self.encoder == "cpu" and self.park)

    @property
    def id(self) -> str:
        return self.kind.id

    @property
    def seconds(self) -> float:
        """Of the whole run."""
        return sum(self.phases.values())

    @property
    def fits(self) -> bool:
        """True where it can run here."""
        return self.short is None

    def need(self, phase: str = "") -> int:
        """Bytes on the device in that phase (a `Meter`'s name); without one, or for others, at the worst moment."""
        if phase in ("denoise", "load-denoiser"):
            return self.denoise_peak
        if phase in ("encode", "decode"):
            return self.decode_peak
        if phase in ("load-encoder", "describe", "name"):
            return self.encoder_peak
        return self.peak
