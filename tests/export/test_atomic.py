"""What is left on the disk after writes that end well, badly, or not at all."""

import errno
import os
import sys
from pathlib import Path

import pytest

from engine.errors import Cancelled, OutputError
from export.atomic import atomic_file, atomic_folder

needs_permissions = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user"
)


def write(target: Path, data: bytes = b"new", overwrite: bool = False) -> None:
    with atomic_file(target, overwrite) as stream:
        stream.write(data)


def test_file_appears_whole(tmp_path: Path) -> None:
    write(tmp_path / "a.psd")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.psd", b"new")]


def test_existing_file_stays_without_overwrite(tmp_path: Path) -> None:
    target = tmp_path / "a.psd"
    target.write_bytes(b"old")
    with pytest.raises(OutputError, match="exists already"):
        write(target)
    assert target.read_bytes() == b"old"
    write(target, overwrite=True)
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("ending", [KeyboardInterrupt, Cancelled, ValueError])
def test_early_end_leaves_the_old_file_and_nothing_else(tmp_path: Path, ending: type[BaseException]) -> None:
    target = tmp_path / "a.psd"
    target.write_bytes(b"old")
    with pytest.raises(ending), atomic_file(target, overwrite=True) as stream:  # noqa: PT012
        stream.write(b"half of it")
        raise ending
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.psd", b"old")]


def test_full_disk_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="disk is full"), atomic_file(tmp_path / "a.psd", False):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_really_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    monkeypatch.setattr("export.atomic._beside", lambda _target: full)
    monkeypatch.setattr(Path, "open", lambda path, *_a, **_k: open(path, "wb"))  # noqa: PTH123, SIM115
    with pytest.raises(OutputError, match="disk is full"):
        write(tmp_path / "a.psd", b"x" * (1 << 21))
    assert not (tmp_path / "a.psd").exists()


@needs_permissions
def test_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="may not write"):
            write(tmp_path / "a.psd")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("name", "says"),
    [("n" * 300 + ".psd", "too long"), ("a\0b.psd", "NUL"), ("missing/a.psd", "does not exist"), (".", "is a folder")],
)
def test_impossible_names(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(OutputError, match=says):
        write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def fill(target: Path, names: list[str], overwrite: bool = False) -> None:
    layers = ",".join(f'{{"file": "{n}"}}' for n in names)
    with atomic_folder(target, overwrite, "layers.json") as folder:
        for name in names:
            (folder / name).write_bytes(b"new")
        (folder / "layers.json").write_text(f'{{"layers": [{layers}]}}')


def test_folder_appears_whole(tmp_path: Path) -> None:
    fill(tmp_path / "out", ["0.png"])
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["0.png", "layers.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_folder_is_replaced_without_touching_other_files(tmp_path: Path) -> None:
    target = tmp_path / "out"
    fill(target, ["0.png", "1.png"])
    (target / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(OutputError, match="holds files already"):
        fill(target, ["0.png"])
    fill(target, ["0.png"], overwrite=True)
    assert sorted(p.name for p in target.iterdir()) == ["0.png", "holiday.jpg", "layers.json"]
    assert (target / "holiday.jpg").read_bytes() == b"mine"


def test_listing_from_elsewhere_cannot_delete_outside_the_folder(tmp_path: Path) -> None:
    target, precious = tmp_path / "out", tmp_path / "precious.txt"
    precious.write_text("keep")
    target.mkdir()
    (target / "layers.json").write_text('{"layers": [{"file": "../precious.txt"}, {"file": ".."}, 5]}')
    fill(target, ["0.png"], overwrite=True)
    assert precious.read_text() == "keep"


def test_interrupted_folder_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic_folder(tmp_path / "out", False, "l.json") as folder:  # noqa: PT012
        (folder / "0.png").write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
