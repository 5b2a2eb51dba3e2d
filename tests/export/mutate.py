"""Opens thousands of damaged layered files in a process of its own, under limits on memory and processor time.

    python -m tests.export.mutate FOLDER FIRST LAST

FOLDER holds the good files. Each damaged file must open or be refused with an InputError; anything else, more than
5 s of processor time for one file, or more than 1 GB, ends the process with an error that names the seed.
"""

from __future__ import annotations

import io
import random
import resource
import signal
import struct
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

from engine.errors import InputError
from engine.opening.layered import open_layered

EXTREMES = (0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0)
SECONDS, BYTES = 5, 1 << 30


def damaged(data: bytes, rng: random.Random) -> bytes:
    """A copy with one to four faults, most of them near the front, where the structure is."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out)) if rng.random() < 0.3 else rng.randrange(min(len(out), 6000))
        kind = rng.randrange(6)
        if kind == 0:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[at : at + 4] = struct.pack(">I", rng.choice(EXTREMES))
        elif kind == 2:
            out[at : at + 2] = struct.pack(">H", rng.choice(EXTREMES) & 0xFFFF)
        elif kind == 3:
            del out[at : at + rng.randint(1, 64)]
        elif kind == 4:
            out[at:at] = out[at : at + rng.randint(1, 64)]
        else:
            out[at:] = b""
        if not out:
            return b"\0"
    return bytes(out)


def damaged_archive(data: bytes, rng: random.Random) -> bytes:
    """Faults in the archive itself, or in one of its entries packed again."""
    if rng.random() < 0.4:
        return damaged(data, rng)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        victim = rng.choice([n for n in old.namelist() if n != "mimetype"])
        for name in old.namelist():
            entry = old.read(name)
            new.writestr(name, damaged(entry, rng) if name == victim else entry)
    return out.getvalue()


def main(folder: Path, first: int, last: int) -> None:
    warnings.simplefilter("ignore")
    sources = sorted(p for p in folder.iterdir() if p.suffix in (".psd", ".psb", ".ora"))
    good = [(p.suffix, p.read_bytes()) for p in sources]
    for source in sources:
        open_layered(source)  # loads what is loaded once
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    if pages:
        limit = pages * resource.getpagesize() + BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    refused = 0
    with tempfile.TemporaryDirectory() as temp:
        for seed in range(first, last):
            rng = random.Random(seed)
            suffix, data = rng.choice(good)
            path = Path(temp) / f"damaged{suffix}"
            path.write_bytes((damaged_archive if suffix == ".ora" else damaged)(data, rng))
            print(seed, flush=True, file=sys.stderr)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                open_layered(path)
            except InputError as error:
                if "computer's memory;" in str(error) or not str(error).endswith("."):
                    raise
                refused += 1
            signal.setitimer(signal.ITIMER_PROF, 0)
    print(refused)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
