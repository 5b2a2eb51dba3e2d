"""Open a layered file (PSD, PSB, OpenRaster) with its layers and groups; any other image as one layer.

What a document cannot hold is rendered where the file has pixels for it, and named in the notes where it is lost.
Files are taken to be hostile: sizes are checked against what the file can really hold before anything is decoded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.cancel import Check, never
from engine.document import Document, Group, Node
from engine.errors import Cancelled, InputError
from engine.opening.flat import Opened, lacking, max_megapixels, open_image
from engine.opening.formats import SUFFIXES as FLAT_SUFFIXES

LAYERED_SUFFIXES = (".psd", ".psb", ".ora")
SUFFIXES: tuple[str, ...] = (*FLAT_SUFFIXES, ".ora")
MAX_LAYERS = 4_000
MAX_DEPTH = 100


@dataclass
class Losses:
    """What could not be kept, gathered while layers are read; each sort becomes one sentence."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, what: str) -> None:
        self.counts[what] += 1

    def sentences(self) -> tuple[str, ...]:
        return tuple(f"{what} ({n} layers)." if n > 1 else f"{what}." for what, n in self.counts.items())


def open_layered(path: Path | str, limit_megapixels: float | None = None, check: Check = never) -> Opened:
    """Open a file as a document; layered ones bring their layers, groups, names, masks, opacity and blend modes.

    `document.original` is the merged image. A layered file without layers opens as its merged image.

    Raises:
        InputError: the file cannot be opened; one sentence that says why.
        Cancelled: soon after `check` raised it; it is called between the parts of the file.
    """
    path = Path(path)
    limit = limit_megapixels or max_megapixels()
    if path.suffix.lower() not in LAYERED_SUFFIXES or not path.is_file():
        return open_image(path, limit_megapixels, check)
    try:
        if path.suffix.lower() == ".ora":
            from engine.opening.openraster import open_ora

            return open_ora(path, limit, check)
        from engine.opening.psd import open_psd

        return open_psd(path, limit, check)
    except (InputError, Cancelled):
        raise
    except MemoryError:
        raise InputError(f"{path.name} is too large for this computer's memory; make it smaller first.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except RecursionError:
        raise InputError(f"{path.name} nests its groups too deeply to be opened.") from None
    except ImportError as error:
        raise lacking(error, path.name) from error
    except Exception as error:  # readers raise anything at all on damaged files
        raise InputError(f"{path.name} is damaged or cut short and cannot be read.") from error


def check_counts(layers: int, pixels: int, file_bytes: int, name: str, limit: float) -> None:
    """Refuse more layers or pixels than a real file of that size holds.

    Args:
        layers: records in the file.
        pixels: sum of their areas.
        limit: megapixels that one image may have; all layers together may have four times that.

    Raises:
        InputError: with what is too much.
    """
    if layers > MAX_LAYERS:
        raise InputError(f"{name} has {layers:,} layers; Unflatten opens up to {MAX_LAYERS:,}.")
    # Run-length coding packs 128 bytes into 2 at best; small totals are harmless whatever they were packed from.
    if pixels > 64_000_000 and pixels * 4 > file_bytes * 64:
        raise InputError(f"{name} claims more pixels than it can hold; it is damaged.")
    if pixels > limit * 4e6:
        raise InputError(
            f"The layers of {name} have {pixels / 1e6:,.0f} megapixels; the limit is {limit * 4:,.0f}."
            " Raise it with UNFLATTEN_MAX_MEGAPIXELS if your computer has the memory."
        )


def with_layers(flat: Opened, nodes: tuple[Node, ...], losses: Losses) -> Opened:
    """The opened merged image with the file's own layers in place of it; without any, the merged image stays."""
    if not any(not isinstance(n, Group) for n in Document(1, 1, nodes).walk()):
        return flat
    return Opened(replace(flat.document, nodes=nodes), (*flat.notes, *losses.sentences()))
