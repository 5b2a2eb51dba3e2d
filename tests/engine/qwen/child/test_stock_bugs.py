"""Each bug of the stock pipeline, shown where it is, and what our engine does instead.

A test fails with a sentence where a newer diffusers has mended its bug: then the workaround can go.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

import diffusers
from PIL import Image

from engine.decomposer import Progress
from engine.document import Pixels
from engine.errors import Cancelled, InputError
from engine.qwen.child.decode import pixels
from engine.qwen.child.phases import Runner
from engine.qwen.child.texts import embed
from engine.qwen.options import QwenOptions
from tests.engine.qwen.child.test_gguf_and_lora import write_gguf
from tests.engine.qwen.child.test_phases import FAST, run

QUICK = replace(FAST, steps=2, cfg=1.0)


@dataclass(frozen=True)
class Bug:
    """Attributes: versions: of diffusers that it was reproduced with (the pipeline came with 0.37). then: what to do
    once it is mended."""

    what: str
    versions: str
    then: str


BUGS = {
    "batch": Bug("mixes up the layers of a batch", "0.42", "several seeds may share a call"),
    "latent": Bug('raises UnboundLocalError for output_type="latent"', "0.42", "nothing: ours decodes itself"),
    "tensor": Bug("crashes for an image that is a tensor", "0.42", "nothing: ours makes the PIL image"),
    "masks": Bug("orders masks otherwise than the embeddings of a batch", "0.42", "see batch"),
    "tiles": Bug("leaves a tiled decode unclamped", "0.42", "drop the clamp in decode.pixels"),
    "caption": Bug("describes the picture although embeddings are given", "0.42", "nothing: ours embeds"),
    "interrupt": Bug("decodes and returns noise after _interrupt", "0.42", "nothing: ours raises"),
    "encoder": Bug("cannot run without a text encoder", "0.42", "phases could call the pipeline"),
    "defaults": Bug("has other defaults than the model's makers", "0.42", "compare options.py"),
    "resolution": Bug("stops at an assert for another resolution", "0.42", "options may allow more"),
    "gguf config": Bug("takes a GGUF for another model", "0.42", "drop `config` in loading._gguf"),
    "gguf bytes": Bug("leaves a GGUF's one embedding as bytes", "0.42", "drop the repair in loading._gguf"),
}


def still(name: str, there: bool) -> None:
    """Fail, with what to do, where the bug is gone."""
    bug = BUGS[name]
    assert there, (
        f"diffusers {diffusers.__version__}: it is no longer so that the pipeline {bug.what}, as in {bug.versions}. "
        f"Then: {bug.then}; and take the test out."
    )


@pytest.fixture(scope="module")
def pipe(tiny_folder: Path) -> Any:
    made = diffusers.QwenImageLayeredPipeline.from_pretrained(tiny_folder, use_safetensors=True)
    made.set_progress_bar_config(disable=True)
    return made


@pytest.fixture
def stock(pipe: Any, small: tuple[int, int], picture: Pixels) -> Callable[..., Any]:
    """The stock pipeline on the picture, two layers in one step."""

    def call(**more: Any) -> Any:
        asked = {"image": Image.fromarray(picture), "prompt": "x", "layers": 2, "num_inference_steps": 1, **more}
        with torch.no_grad():
            return pipe(**asked).images

    return call


@pytest.fixture(scope="module")
def gguf_file(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tiny_folder, tmp_path_factory.mktemp("gguf") / "tiny-Q8_0.gguf")


def test_a_batch(stock: Callable[..., Any], tiny_folder: Path, picture: Pixels) -> None:
    """Two images of two layers come back as lists of three and one; ours makes one image a run."""
    still("batch", [len(layers) for layers in stock(num_images_per_prompt=2)] == [3, 1])
    first, second = (run(tiny_folder, picture, QUICK, seed=seed)[0] for seed in (1, 2))
    assert (len(first), len(second)) == (2, 2)
    assert not np.array_equal(first, second)


def test_latents(stock: Callable[..., Any], tiny_folder: Path, picture: Pixels) -> None:
    """Ours has the latents of a run that is going on, and shows them."""
    try:
        stock(output_type="latent")
        mended = True
    except UnboundLocalError:
        mended = False
    still("latent", not mended)
    seen = run(tiny_folder, picture, replace(QUICK, steps=3))[1]
    assert any(p.preview is not None for p in seen)


def test_an_image_as_a_tensor(stock: Callable[..., Any], tiny_folder: Path, picture: Pixels) -> None:
    """Ours takes the document's own array."""
    tensor = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1
    try:
        stock(image=tensor)
        mended = True
    except (TypeError, AttributeError):
        mended = False
    still("tensor", not mended)
    assert len(run(tiny_folder, picture, QUICK)[0]) == 2


def test_masks_of_a_batch(pipe: Any) -> None:
    """[short, short, long, long] gets the masks of [short, long, short, long]; ours embeds one text at a time."""
    with torch.no_grad():
        states, mask = pipe.encode_prompt(["a", "a red box on blue"], device="cpu", num_images_per_prompt=2)
        ours = embed(pipe, "a", "cpu")
    tokens = (states.abs().sum(dim=2) > 0).sum(dim=1).tolist()
    assert tokens[0] == tokens[1] < tokens[2]
    still("masks", mask.sum(dim=1).tolist() != tokens)
    assert ours.mask is None
    assert ours.states.shape[1] == tokens[0]


def test_tiles(tiny_folder: Path) -> None:
    """Values outside -1..1 would wrap around in 8 bits; ours clamps (diffusers issue 13581)."""
    pipe = diffusers.QwenImageLayeredPipeline.from_pretrained(tiny_folder, use_safetensors=True)
    pipe.vae.enable_tiling(tile_sample_min_height=32, tile_sample_min_width=32)
    latents = torch.randn(1, 16, 1, 8, 12, generator=torch.Generator().manual_seed(1)) * 200
    with torch.no_grad():
        pipe.vae.decoder.conv_out.weight.mul_(100)
        raw = pipe.vae.decode(latents, return_dict=False)[0].squeeze(2)
        made = pixels(pipe, latents)
    still("tiles", float(raw.abs().max()) > 1.0)
    wanted = ((raw.clamp(-1, 1) / 2 + 0.5) * 255).round().permute(0, 2, 3, 1).numpy()
    assert np.abs(made - wanted).max() <= 1


def test_a_description_beside_embeddings(
    pipe: Any, stock: Callable[..., Any], tiny_folder: Path, picture: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """512 tokens of a 7-billion model for nothing; ours loads no text encoder for embeddings that it has."""
    from tests.engine.qwen.child.test_memory import Watching

    described: list[bool] = []
    monkeypatch.setattr(pipe, "get_image_caption", lambda *_a, **_k: described.append(True) or "x")
    with torch.no_grad():
        given = embed(pipe, "a red box", "cpu")
    stock(prompt=None, prompt_embeds=given.states)
    still("caption", described == [True])
    loader = Watching()
    runner = Runner(loader)
    runner.give("a red box", "", given, None)
    run(tiny_folder, picture, QUICK, runner=runner)
    assert loader.loaded == ["denoiser"]


def test_interrupt(stock: Callable[..., Any], tiny_folder: Path, picture: Pixels) -> None:
    """What is returned after an interrupt is noise; ours raises Cancelled and returns nothing."""

    def stop(pipe: Any, _index: int, _step: Any, values: dict[str, Any]) -> dict[str, Any]:
        pipe._interrupt = True  # noqa: SLF001 - what the pipeline's own users set
        return values

    still("interrupt", len(stock(num_inference_steps=3, callback_on_step_end=stop)[0]) == 2)
    cancelled = Event()

    def report(progress: Progress) -> None:
        if progress.step == 1:
            cancelled.set()

    with pytest.raises(Cancelled):
        run(tiny_folder, picture, replace(QUICK, steps=3), report=report, cancelled=cancelled)


def test_no_text_encoder(
    pipe: Any, stock: Callable[..., Any], tiny_folder: Path, picture: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that its 16.6 GB cannot be given back before the denoiser comes; ours denoises without one."""
    with torch.no_grad():
        given = embed(pipe, "a red box", "cpu")
    monkeypatch.setattr(pipe, "text_encoder", None)
    try:
        stock(prompt="given", prompt_embeds=given.states)
        mended = True
    except AttributeError:
        mended = False
    still("encoder", not mended)
    runner, had = Runner(), []

    def report(progress: Progress) -> None:
        if progress.step:
            had.append(runner.pipe.text_encoder)

    run(tiny_folder, picture, QUICK, runner=runner, report=report)
    assert had == [None, None]


def test_defaults() -> None:
    """The model's makers keep the guided norm and describe in English; the raw pipeline does neither."""
    call = inspect.signature(diffusers.QwenImageLayeredPipeline.__call__).parameters
    still("defaults", not call["cfg_normalize"].default and not call["use_en_prompt"].default)
    ours = QwenOptions()
    assert (ours.cfg_normalize, ours.language, ours.negative_prompt) == (True, "en", " ")
    assert (ours.steps, ours.cfg, ours.resolution) == (50, 4.0, 640)


def test_another_resolution(stock: Callable[..., Any]) -> None:
    try:
        stock(resolution=768)
        mended = True
    except AssertionError:
        mended = False
    still("resolution", not mended)
    with pytest.raises(InputError, match="640 or 1024, not at 768"):
        QwenOptions(resolution=768)


def test_a_gguf_without_its_configuration(gguf_file: Path) -> None:
    """It is taken for the first model that diffusers knows; ours says which it is."""
    try:
        found = diffusers.QwenImageTransformer2DModel.from_single_file(
            str(gguf_file),
            quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=torch.float32),
            local_files_only=True,
        )
        right = bool(found.config.get("use_additional_t_cond"))
    except Exception:  # noqa: BLE001 - whatever it comes across in a model of another kind
        right = False
    still("gguf config", not right)


def test_a_gguf_s_embedding(tiny_folder: Path, small: tuple[int, int], picture: Pixels, gguf_file: Path) -> None:
    """Kept as raw bytes it has twice the width, and the first step ends in an error; ours runs."""
    model = diffusers.QwenImageTransformer2DModel.from_single_file(
        str(gguf_file),
        config=str(tiny_folder),
        subfolder="transformer",
        quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=torch.float32),
        local_files_only=True,
    )
    weight = model.time_text_embed.addition_t_embedding.weight
    still("gguf bytes", weight.dtype is torch.uint8)
    with torch.no_grad(), pytest.raises(RuntimeError, match="must match"):
        model.time_text_embed(torch.ones(1), torch.empty(1), torch.zeros(1, dtype=torch.long))
    assert len(run(tiny_folder, picture, replace(QUICK, gguf=gguf_file), kind="cpu-gguf")[0]) == 2


def test_an_old_torch_is_not_installed() -> None:
    """diffusers calls an attention that torch before 2.5 does not have ("unexpected keyword enable_gqa")."""
    root = Path(__file__).resolve().parents[4]
    extra = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]["qwen"]
    lowest = next(line for line in extra if line.startswith("torch>=")).removeprefix("torch>=").partition(",")[0]
    assert tuple(int(part) for part in lowest.split(".")) >= (2, 5)
    one = torch.ones(1, 2, 3, 4)
    assert torch.nn.functional.scaled_dot_product_attention(one, one, one, enable_gqa=True).shape == one.shape
