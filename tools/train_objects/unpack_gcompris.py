"""Takes the pictures whose own licence is free out of Debian's gcompris-qt-data, going by the package's copyright file.

usage: python -m train_objects.unpack_gcompris PACKAGES      (needs PySide6, which reads the package's resource files)

Only files that the copyright file names one by one as public domain, CC0 or CC BY (not SA) are written, to
PACKAGES/gcompris.
"""

import argparse
import re
from pathlib import Path

from PySide6.QtCore import QDirIterator, QFile, QIODevice, QResource

FREE = re.compile(r"public-domain|CC0-1\.0|CC-BY-[0-9.]+")
RESOURCES = ("categorization", "clickgame", "explore_world_animals")


def free_names(copyright_file: str) -> set[str]:
    """Names, without ending, of pictures with a free licence of their own."""
    names = set()
    for stanza in re.split(r"\n\s*\n", copyright_file):
        files = re.search(r"^Files:(.*?)(?=^\S)", stanza, re.DOTALL | re.MULTILINE)
        licence = re.search(r"^License: *(.*)$", stanza, re.MULTILINE)
        if files and licence and FREE.fullmatch(licence.group(1).strip()):
            names |= {Path(name).stem for name in files.group(1).split() if name.endswith((".jpg", ".png", ".webp"))}
    return names


def unpack(packages: Path) -> int:
    """Writes the pictures; returns how many."""
    root, target = packages / "deb/x/usr/share", packages / "gcompris"
    target.mkdir(exist_ok=True)
    names = free_names((root / "doc/gcompris-qt-data/copyright").read_text())
    written = 0
    for resource in RESOURCES:
        QResource.registerResource(str(root / f"gcompris-qt/rcc/{resource}.rcc"), "/" + resource)
        walk = QDirIterator(":/" + resource, QDirIterator.IteratorFlag.Subdirectories)
        while walk.hasNext():
            name = Path(walk.next())
            if name.suffix not in (".webp", ".jpg", ".png") or name.stem not in names:
                continue
            file = QFile(str(name))
            file.open(QIODevice.OpenModeFlag.ReadOnly)
            (target / name.name).write_bytes(bytes(file.readAll().data()))
            written += 1
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    print(unpack(parser.parse_args().packages), "pictures")


if __name__ == "__main__":
    main()
