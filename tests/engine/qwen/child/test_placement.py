"""Where the denoiser's weights lie and how they are multiplied: the same numbers, or the stated distance from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytestmark = pytest.mark.filterwarnings("ignore")

from engine.document import Pixels
from engine.errors import EngineUnavailable
from engine.qwen.child import fp8, spread
from engine.qwen.child.fp8 import Linear8, Shared, require, row_scales
from engine.qwen.child.loading import Denoiser, load_transformer
from engine.qwen.child.parking import take_turns
from engine.qwen.planning.records import How
from engine.qwen.planning.weights import inspect
from tests.engine.qwen.child.test_gguf_and_lora import write_lora
from tests.engine.qwen.child.test_phases import run

CPU = torch.device("cpu")


def load(folder: Path, how: How, **more: Any) -> Denoiser:
    weights = inspect(folder, None, more.pop("lora", None))
    return load_transformer(weights, CPU, torch.float32, how, lambda _done: None)


def call(denoiser: Denoiser, tokens: int = 3 * 6 * 4, step: float = 900.0) -> Any:
    """One call of the denoiser on fixed numbers, at a size whose tokens are no multiple of 16."""
    generator = torch.Generator().manual_seed(5)
    denoiser.prepare([torch.tensor(step)], lambda _done: None)
    denoiser.at(0)
    with torch.no_grad():
        return denoiser.model(
            hidden_states=torch.randn(1, tokens, 64, generator=generator),
            timestep=torch.tensor([step / 1000]),
            encoder_hidden_states=torch.randn(1, 7, 16, generator=generator),
            encoder_hidden_states_mask=torch.ones(1, 7, dtype=torch.long),
            img_shapes=[[(1, 6, 4)] * 3],
            additional_t_cond=torch.zeros(1, dtype=torch.long),
            return_dict=False,
        )[0]


@pytest.fixture(scope="module")
def plain(tiny_folder: Path) -> Any:
    return call(load(tiny_folder, How()))


TWO = How("balanced", table=True, devices=("cpu", "cpu:0"), spread=(1, 1))


@pytest.mark.parametrize(
    "how",
    [How(table=True), How("streamed", table=True), How("offload", table=True), TWO],
    ids=lambda h: h.place,
)
def test_every_exact_placement_gives_the_same_bytes(tiny_folder: Path, plain: Any, how: How) -> None:
    assert torch.equal(call(load(tiny_folder, how)), plain)


def test_blocks_on_a_second_device_get_what_they_need_there_and_give_it_back(
    tiny_folder: Path, plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two names of the CPU stand for two cards; the moves between them are what two cards would see."""
    moves: list[tuple[tuple[int, ...], str]] = []

    def move(tensor: Any, device: Any) -> Any:
        moves.append((tuple(tensor.shape), str(device)))
        return tensor.to(device)

    monkeypatch.setattr(spread, "move", move)
    denoiser = load(tiny_folder, TWO)
    assert torch.equal(call(denoiser), plain)
    first = [shape for shape, device in moves if device == "cpu:0"]
    assert (1, 72, 32) in first  # the image's tokens
    assert (1, 7, 32) in first  # the text's
    assert len(first) >= 4  # and the timestep and the positions


def test_what_blocks_have_in_common_is_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[str] = []
    monkeypatch.setattr(spread, "move", lambda tensor, device: moved.append(str(device)) or tensor.clone())
    carrier = spread.Carrier(torch.device("cpu:0"))
    common = {"temb": torch.zeros(1), "image_rotary_emb": (torch.zeros(2), torch.zeros(3)), "mask": None}
    for _ in range(3):
        _, named = carrier(None, (), {"hidden_states": torch.zeros(4), **common})
        assert named["mask"] is None
    assert len(moved) == 3 + 3  # three states, and three tensors in common once
    common["temb"] = torch.ones(1)  # the next call's
    assert carrier(None, (), common)[1]["temb"].item() == 1.0


def test_a_parked_denoiser_holds_nothing_and_comes_back_as_it_was(tiny_folder: Path, plain: Any) -> None:
    denoiser = load(tiny_folder, How("offload", table=True))
    blocks = denoiser.model.transformer_blocks
    assert torch.equal(call(denoiser), plain)
    assert denoiser.park()
    assert sum(p.numel() for p in blocks.parameters()) == 0
    assert torch.equal(call(denoiser), plain)
    denoiser.close()
    assert not load(tiny_folder, How()).park()


def test_the_vae_leaves_the_device_while_the_denoiser_works() -> None:
    class Vae:
        where = "cuda"

        def to(self, device: Any) -> Any:
            self.where = str(device)
            return self

        def parameters(self, recurse: bool = True) -> Any:
            return iter([type("P", (), {"device": torch.device(self.where)})()])

        def encode(self, _x: Any) -> str:
            return f"encoded on {self.where}"

        def decode(self, _x: Any, return_dict: bool = True) -> str:
            return f"decoded on {self.where}"

    vae, model = Vae(), torch.nn.Identity()
    take_turns(model, vae, torch.device("cuda"))
    model(torch.zeros(1))
    assert vae.where == "cpu"
    assert vae.decode(None, return_dict=False) == "decoded on cuda"
    model(torch.zeros(1))
    assert vae.encode(None) == "encoded on cuda"


def products(rows: int, bias: bool = True, width: int = 64) -> tuple[Any, Any, Any]:
    """(our Linear, the full one, an input) of random numbers whose rows differ in size by far."""
    generator = torch.Generator().manual_seed(2)
    linear = torch.nn.Linear(width, 48, bias=bias)
    made = Linear8(linear)
    with torch.no_grad():
        linear.weight.copy_(torch.randn(48, width, generator=generator) * torch.logspace(-3, 1, 48)[:, None])
        scales = row_scales(linear.weight)
        made.weight = torch.nn.Parameter((linear.weight / scales).to(fp8.FP8), requires_grad=False)
        made.scale = scales.t()
    states = torch.randn(1, rows, width, generator=generator) * torch.logspace(-2, 2, rows)[None, :, None]
    return made, linear, states


@pytest.mark.parametrize("rows", [1, 8, 16, 37])
@pytest.mark.parametrize("bias", [True, False])
def test_8_bit_products_are_the_products_of_what_was_rounded(rows: int, bias: bool) -> None:
    """Torch's own kernel on this device; on the CPU it sums in 32 bit."""
    made, linear, states = products(rows, bias)
    with torch.no_grad():
        ours = made(states)
        scales = row_scales(states[0])
        rounded = (states[0] / scales).to(fp8.FP8).float() * scales
        wanted = rounded @ (made.weight.float() * made.scale.t()).t()
        wanted = wanted if linear.bias is None else wanted + linear.bias
        full = linear(states)
    assert ours.shape == full.shape
    assert torch.allclose(ours[0], wanted, rtol=1e-4, atol=1e-5)
    lengths = states[0].norm(dim=1)[:, None] * linear.weight.norm(dim=1)[None, :]
    apart = (ours - full)[0].abs() / lengths
    assert apart.max() < 0.02, "each output and each token keeps its own scale, so that none drowns in another's"


def test_queries_keys_and_values_round_their_input_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    measure = fp8.row_scales
    monkeypatch.setattr(fp8, "row_scales", lambda wide: seen.append(1) or measure(wide))
    shared, (made, linear, states) = Shared(), products(5)
    three = [Linear8(linear, shared) for _ in range(3)]
    for one in three:
        one.weight, one.scale = made.weight, made.scale
    with torch.no_grad():
        same = [one(states) for one in three]
        other = three[0](states.clone() * 2)
    assert len(seen) == 2
    assert all(torch.equal(one, same[0]) for one in same)
    assert not torch.equal(other, same[0])


@pytest.mark.parametrize("place", ["resident", "streamed"])
def test_a_denoiser_with_8_bit_products_is_near_the_full_one(tiny_folder: Path, plain: Any, place: str) -> None:
    denoiser = load(tiny_folder, How(place, products=True, table=True))
    apart = (call(denoiser) - plain).norm() / plain.norm()
    assert 0 < apart < 0.05
    block = denoiser.model.transformer_blocks[0]
    assert isinstance(block.attn.to_q, Linear8)
    assert not isinstance(block.attn.add_q_proj, Linear8), "the text's tokens are no multiple of 16"


def test_8_bit_products_take_a_lora(tiny_folder: Path, tmp_path: Path) -> None:
    file, _ = write_lora(tiny_folder, tmp_path / "lora.safetensors", 1.0)
    how = How("resident", products=True, table=True)
    merged = call(load(tiny_folder, How(), lora=file))
    ours = call(load(tiny_folder, how, lora=file))
    assert (ours - merged).norm() / merged.norm() < 0.05
    assert not torch.equal(ours, call(load(tiny_folder, how)))


@pytest.mark.parametrize("kind", ["fp8-compute", "fp8-compute-streamed"])
def test_8_bit_products_give_nearly_the_same_layers(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels, kind: str
) -> None:
    plain = run(tiny_folder, picture)[0].astype(int)
    apart = np.abs(run(tiny_folder, picture, kind=kind)[0].astype(int) - plain)
    assert 0 < apart.max() <= 16
    assert apart.mean() < 1.0


def test_an_offloaded_run_gives_the_same_layers(tiny_folder: Path, small: tuple[int, int], picture: Pixels) -> None:
    assert np.array_equal(run(tiny_folder, picture, kind="offload")[0], run(tiny_folder, picture)[0])


def test_a_card_that_cannot_multiply_in_8_bits_is_told_before_anything_loads(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else is used in its place without a word."""

    def refuse(*_given: Any, **_named: Any) -> Any:
        raise RuntimeError("torch._scaled_mm is only supported on CUDA devices with compute capability >= 9.0")

    require(CPU, torch.float32)
    monkeypatch.setattr(torch, "_scaled_mm", refuse)
    with pytest.raises(EngineUnavailable, match=r"compute capability.*choose the memory plan fp8"):
        load(tiny_folder, How(products=True, table=True))
