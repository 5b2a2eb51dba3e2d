"""The command as people run it: a real process, real files, its output and exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from psd_tools import PSDImage

ROOT = Path(__file__).parent.parent


def unflatten(*arguments, cwd=None, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "main.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=cwd, **options)


@pytest.fixture(scope="module")
def card(tmp_path_factory) -> Path:
    """A small flat design: a red disc and a blue bar on cream."""
    image = Image.new("RGB", (480, 320), (250, 244, 230))
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 60, 220, 220), fill=(214, 40, 57))
    draw.rectangle((260, 200, 440, 250), fill=(29, 53, 135))
    path = tmp_path_factory.mktemp("images") / "card.png"
    image.save(path)
    return path


def test_decompose_writes_a_psd_and_pngs_and_prints_json(card, tmp_path):
    out, pngs = tmp_path / "card.psd", tmp_path / "layers"
    done = unflatten("decompose", card, "-o", out, "--png", pngs, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert set(result) == {"engine", "width", "height", "seconds", "layers", "recomposition", "outputs"}
    assert (result["engine"], result["width"], result["height"]) == ("builtin", 480, 320)
    assert result["recomposition"]["within_1"] >= 0.999
    assert result["recomposition"]["max_abs_error"] <= 2
    assert [layer["kind"] for layer in result["layers"]] == ["background", "shape", "shape"]
    assert all(Path(path).exists() for path in result["outputs"])
    psd = PSDImage.open(out)
    assert [layer.name for layer in psd] == [layer["name"] for layer in result["layers"]]
    stacked = np.asarray(psd.composite(force=True).convert("RGB")).astype(int)
    assert np.abs(stacked - np.asarray(Image.open(card))).max() <= 2
    names = sorted(path.name for path in pngs.iterdir())
    assert names[0].startswith("00-")
    assert "layers.json" in names


def test_decompose_prints_a_table_and_writes_beside_the_image(card, tmp_path):
    image = tmp_path / "my card.png"
    image.write_bytes(card.read_bytes())
    done = unflatten("decompose", image)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "my card-layers.psd").exists()
    assert "480 x 320" in done.stdout
    assert "within 1/255" in done.stdout
    assert "Separating" in done.stderr
    assert "Separating" not in done.stdout


def sentence(done: subprocess.CompletedProcess, code: int = 2) -> str:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_bad_input_gets_one_sentence_and_leaves_nothing(card, tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "there.psd").write_text("precious")
    out = tmp_path / "o" / "x.psd"
    assert "does not exist" in sentence(unflatten("decompose", tmp_path / "none.png", "-o", out))
    assert "folder" in sentence(unflatten("decompose", tmp_path, "-o", out))
    assert "empty" in sentence(unflatten("decompose", tmp_path / "empty.png", "-o", out))
    assert "not an image" in sentence(unflatten("decompose", tmp_path / "text.png", "-o", out))
    assert "2 to 10" in sentence(unflatten("decompose", card, "--layers", "1", "-o", out))
    assert "magic" in sentence(unflatten("decompose", card, "--engine", "magic", "-o", out))
    assert "ending" in sentence(unflatten("decompose", card, "-o", tmp_path / "x.docx"))
    assert "exists already" in sentence(unflatten("decompose", card, "-o", tmp_path / "there.psd"))
    assert (tmp_path / "there.psd").read_text() == "precious"
    source = tmp_path / "flat.psd"
    PSDImage.frompil(Image.open(card)).save(source)
    assert "the image itself" in sentence(unflatten("decompose", source, "-o", source, "--overwrite"))
    assert not out.parent.exists()


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_unwritable_folder(card):
    said = sentence(unflatten("decompose", card, "-o", "/proc/nowhere/x.psd"))
    assert "/proc" in said
    assert "Separating" not in said, "said before a long run, not after it"


def test_help_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['unflatten', '--help']\n"
        "import main\n"
        "try: main.run()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'torch', 'PySide6', 'PIL', 'cv2', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "decompose" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_interrupt_stops_with_130_and_leaves_no_file(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (2200, 2200, 3), dtype=np.uint8)
    image = tmp_path / "noise.png"
    Image.fromarray(noise).save(image, compress_level=1)
    command = [sys.executable, str(ROOT / "main.py"), "decompose", str(image), "-o", str(tmp_path / "o.psd")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["noise.png"]
