"""`unflatten decompose --engine qwen` with every flag, over tiny weights and the real engine; and the diagnosis."""

import json
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from psd_tools import PSDImage

from cli import engine_flags
from engine.engines import ENGINES
from engine.errors import InputError
from engine.qwen import engine
from engine.qwen.options import QwenOptions
from engine.settings import keep

ROOT = Path(__file__).resolve().parents[2]
needs_model = pytest.mark.skipif(find_spec("diffusers") is None, reason="the extra qwen is not installed")


@pytest.fixture
def tiny(tiny_weights, monkeypatch):
    """The engine's process works at 96 x 64 px; flags that make a run take seconds."""
    monkeypatch.chdir(ROOT)
    host = engine.Host((sys.executable, "-W", "ignore", "-m", "tests.engine.qwen.small_worker"))
    monkeypatch.setitem(ENGINES, "qwen", replace(ENGINES["qwen"], make=lambda: engine.QwenEngine(host)))
    yield (
        "--engine", "qwen", "--model", tiny_weights, "--dtype", "fp32", "--steps", 2, "--cfg", 1, "--layers", 2,
        "--prompt", "a card", "--no-names", "--device", "cpu",
    )  # fmt: skip
    host.close()


@needs_model
def test_a_run_with_flags_writes_its_layers(run, card, tiny, tmp_path):
    out = tmp_path / "out.psd"
    done = run("decompose", card, "-o", out, *tiny, "--seed", 5, "--memory-plan", "cpu", "--tidy", "--json")
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert data["engine"] == "qwen"
    assert [layer.name for layer in PSDImage.open(out)] == [layer["name"] for layer in data["layers"]]
    assert "Separating" in done.stderr


@needs_model
def test_the_weights_chosen_in_the_window_are_the_commands_too(run, card, tiny, tiny_weights, tmp_path):
    keep({"engines.qwen.model": str(tiny_weights)})
    out = tmp_path / "out.psd"
    flags = [flag for flag in tiny if flag not in ("--model", tiny_weights)]
    done = run("decompose", card, "-o", out, *flags)
    assert done.exit_code == 0, done.output
    assert out.is_file()


@needs_model
def test_several_seeds_write_a_file_each(run, card, tiny, tmp_path):
    done = run("decompose", card, *tiny, "--seeds", "1,2", "--json")
    assert done.exit_code == 0, done.output
    first, second = json.loads(done.stdout)
    assert (first["seed"], second["seed"]) == (1, 2)
    assert [Path(p).name for d in (first, second) for p in d["outputs"]] == [
        "card-layers-seed1.psd",
        "card-layers-seed2.psd",
    ]
    assert (tmp_path / "card-layers-seed1.psd").read_bytes() != (tmp_path / "card-layers-seed2.psd").read_bytes()
    again = run("decompose", card, *tiny, "--seeds", "2,3")
    assert again.exit_code == 2
    assert "card-layers-seed2.psd exists already" in again.stderr
    assert not (tmp_path / "card-layers-seed3.psd").exists(), "said before a long run"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--resolution", 768), "640 or 1024"),
        (("--steps", 1), "2 to 200"),
        (("--cfg", 0.5), "1 to 20"),
        (("--preset", "magic"), "quality, fast, draft"),
        (("--dtype", "int3"), "bf16"),
        (("--language", "fr"), "en, zh"),
        (("--prompt", "x" * 10_000), "shorten it"),
        (("--seeds", "1,x"), "1,2,3"),
        pytest.param(("--model", "/nowhere"), "/nowhere", marks=needs_model),
    ],
)
def test_a_bad_flag_is_one_sentence(run, card, tmp_path, flags, sentence):
    done = run("decompose", card, "-o", tmp_path / "o.psd", "--engine", "qwen", *flags)
    assert done.exit_code == 2, done.output
    assert sentence in done.stderr
    assert "Traceback" not in done.output
    assert not (tmp_path / "o.psd").exists()


def test_without_weights_the_way_to_get_them_is_said(run, card):
    done = run("decompose", card, "--engine", "qwen")
    assert done.exit_code == 1
    assert "unflatten models fetch" in done.stderr or "unflatten[qwen]" in done.stderr


def test_flags_that_the_built_in_engine_cannot_use_are_said(run, card, tmp_path):
    done = run("decompose", card, "-o", tmp_path / "o.psd", "--engine", "builtin", "--steps", 5, "--lora-scale", 0.5)
    assert done.exit_code == 0, done.output
    assert "does not use --steps, --lora-scale" in done.stderr
    done = run("decompose", card, "-o", tmp_path / "p.psd", "--engine", "builtin", "--seeds", "1,2")
    assert done.exit_code == 2
    assert "the same layers for every seed" in done.stderr


def test_flags_become_options_and_a_preset_is_their_base():
    options = QwenOptions.of(
        engine_flags.given(
            {"preset": "fast", "cfg": 3.0, "cfg_normalize": False, "lora_scale": 0.5, "tidy": True, "names": None}
        )
    )
    assert (options.steps, options.cfg, options.cfg_normalize, options.lora_scale) == (20, 3.0, False, 0.5)
    assert options.tidy
    assert options.names
    assert QwenOptions.of(engine_flags.given({"steps": None})) == QwenOptions()
    with pytest.raises(InputError):
        QwenOptions.of({"language": "fr"})


def test_doctor_speaks_of_qwen_and_bench_knows_no_other(run):
    done = run("doctor")
    assert done.exit_code == 0, done.output
    assert "Qwen-Image-Layered" in done.stdout
    assert "640 px" in done.stdout
    other = run("bench", "magic")
    assert other.exit_code == 2
    assert "choose qwen" in other.stderr
