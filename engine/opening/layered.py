"""Open a layered file (PSD, PSB, OpenRaster) with its layers and groups; any other image as one layer.

What a document cannot hold is rendered where the file has pixels for it, and named in the notes where it is lost.
Files are taken to be hostile: sizes are checked against what the file can really hold before anything is decoded.
"""

from __future__ import annotations

from pathlib import Path

from engine.cancel import Check, never
from engine.errors import Cancelled, InputError
from engine.opening.flat import Opened, lacking, open_image
from engine.opening.formats import SUFFIXES as FLAT_SUFFIXES
from engine.opening.limits import max_megapixels

LAYERED_SUFFIXES = (".psd", ".psb", ".ora")
SUFFIXES: tuple[str, ...] = (*FLAT_SUFFIXES, ".ora")


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
        raise InputError("opening.out-of-memory", name=path.name) from None
    except OSError as error:
        raise InputError("opening.unreadable", path=str(path), reason=(error.strerror or str(error)).lower()) from error
    except RecursionError:
        raise InputError("opening.too-deep", name=path.name) from None
    except ImportError as error:
        raise lacking(error, path.name) from error
    except Exception as error:  # readers raise anything at all on damaged files
        raise InputError("opening.damaged", name=path.name) from error
