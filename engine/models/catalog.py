"""The models that can be fetched: where from, how large, under which licence."""

from __future__ import annotations

from dataclasses import dataclass

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
class ModelEntry:
    """A model as the user chooses it. `gigabytes` is about its size on the disk (10^9 bytes)."""

    id: str
    title: str
    sources: tuple[Source, ...]
    gigabytes: float
    licence: str
    advice: str
    gguf: str = ""

    @property
    def folder(self) -> str:
        return self.id


OFFICIAL = "Qwen/Qwen-Image-Layered"
FETCH = "`unflatten models fetch qwen-image-layered`"
GGUF = "unsloth/Qwen-Image-Layered-GGUF"
LICENCE = "Apache-2.0: free to use, also commercially. Its makers give no warranty, and neither do we."


def _gguf(name: str, title: str, gigabytes: float, advice: str) -> ModelEntry:
    rest = Source(OFFICIAL, skip=("transformer/*.safetensors", "transformer/*.index.json"))
    file = f"qwen-image-layered-{name}.gguf"
    tag = name.lower().replace("_", "-")
    sources = (rest, Source(GGUF, take=(file,)))
    return ModelEntry(f"qwen-image-layered-{tag}", title, sources, gigabytes + 17.0, LICENCE, advice, gguf=file)


CATALOG: dict[str, ModelEntry] = {
    entry.id: entry
    for entry in (
        ModelEntry(
            "qwen-image-layered",
            "Qwen-Image-Layered",
            (Source(OFFICIAL),),
            57.7,
            LICENCE,
            "The model itself in 16 bit, for the best layers. Also runs on small cards, copied in block by block.",
        ),
        _gguf("Q8_0", "Qwen-Image-Layered, denoiser as 8-bit GGUF", 21.76, "Close to the original; less to download."),
        _gguf("Q4_K_M", "Qwen-Image-Layered, denoiser as 4-bit GGUF", 13.24, "For 16 to 24 GB cards; softer edges."),
    )
}
