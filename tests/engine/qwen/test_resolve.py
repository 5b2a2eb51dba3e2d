"""Which weights a run uses, of what was chosen, fetched or put there by hand."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pytest

from engine.errors import EngineUnavailable
from engine.models.catalog import CATALOG, ModelEntry
from engine.models.store import MANIFEST
from engine.qwen.options import QwenOptions
from engine.qwen.resolve import weights_for
from engine.settings import keep

FULL, Q8, Q4 = (CATALOG[f"qwen-image-layered{tail}"] for tail in ("", "-q8-0", "-q4-k-m"))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNFLATTEN_MODELS", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFLATTEN_CONFIG", str(tmp_path / "config"))


def fetched(models: Path, entry: ModelEntry, whole: bool = True) -> Path:
    """The model as `unflatten models fetch` leaves it, in small; with `whole` False as it is half way."""
    folder = models / entry.folder
    folder.mkdir(parents=True)
    names = ["model_index.json", entry.gguf or "transformer.safetensors"]
    files = []
    for name in names:
        sha = hashlib.sha256(name.encode()).hexdigest()
        files.append({"repo": "r", "revision": "m", "path": name, "size": 4, "sha256": sha, "git_sha1": ""})
    for name in names if whole else names[:1]:
        (folder / name).write_bytes(b"data")
    (folder / MANIFEST).write_text(json.dumps({"model": entry.id, "files": files}))
    return folder


def test_a_fetched_gguf_is_used_with_its_folder(models: Path) -> None:
    """After a download of 30 GB the program said that the weights were not here."""
    folder = fetched(models, Q4)
    assert weights_for(QwenOptions()) == (folder, folder / "qwen-image-layered-Q4_K_M.gguf")


def test_the_full_model_goes_before_a_gguf_and_a_whole_one_before_a_part(models: Path) -> None:
    eight = fetched(models, Q8)
    full = fetched(models, FULL, whole=False)
    assert weights_for(QwenOptions())[0] == eight
    (full / "transformer.safetensors").write_bytes(b"data")
    assert weights_for(QwenOptions()) == (full, None)


def test_what_the_user_chose_is_used(models: Path, tmp_path: Path) -> None:
    folder = fetched(models, FULL)
    own, file = tmp_path / "own", tmp_path / "my.gguf"
    assert weights_for(QwenOptions(model=own)) == (own, None)
    assert weights_for(QwenOptions(model=own, gguf=file)) == (own, file)
    assert weights_for(QwenOptions(gguf=file)) == (folder, file)


def test_what_the_window_chose_is_what_the_command_uses(models: Path, tmp_path: Path) -> None:
    """The command did not see the folder and the file that were chosen in the window."""
    folder = fetched(models, FULL)
    own, file, other = tmp_path / "own", tmp_path / "my.gguf", tmp_path / "other"
    keep({"engines.qwen.gguf": str(file)})
    assert weights_for(QwenOptions()) == (folder, file)
    keep({"engines.qwen.model": str(own)})
    assert weights_for(QwenOptions()) == (own, file)
    assert weights_for(QwenOptions(gguf=other)) == (own, other)
    assert weights_for(QwenOptions(model=other)) == (other, None), "what a flag says is taken as it is"
    keep({"engines.qwen.model": None, "engines.qwen.gguf": ""})
    assert weights_for(QwenOptions()) == (folder, None)


def test_nothing_here_says_how_to_get_it_and_a_part_how_to_go_on(models: Path) -> None:
    with pytest.raises(EngineUnavailable, match="are not here: fetch them"):
        weights_for(QwenOptions())
    fetched(models, Q4, whole=False)
    with pytest.raises(EngineUnavailable, match="go on with `unflatten models fetch qwen-image-layered-q4-k-m`"):
        weights_for(QwenOptions())


def test_files_that_were_put_there_by_hand_count_once_they_are_whole(models: Path) -> None:
    folder = models / FULL.folder
    for part in ("scheduler", "text_encoder", "transformer", "vae"):
        (folder / part).mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "QwenImageLayeredPipeline"}))
    (folder / "scheduler" / "scheduler_config.json").write_text("{}")
    config = {"use_additional_t_cond": True, "use_layer3d_rope": True, "num_layers": 1}
    config |= {"num_attention_heads": 2, "attention_head_dim": 16}
    header = b"{}"
    for part in ("text_encoder", "transformer", "vae"):
        (folder / part / "config.json").write_text(json.dumps(config))
        (folder / part / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert weights_for(QwenOptions()) == (folder, None)
    (folder / "vae" / "model.safetensors").unlink()
    with pytest.raises(EngineUnavailable, match="go on with"):
        weights_for(QwenOptions())
