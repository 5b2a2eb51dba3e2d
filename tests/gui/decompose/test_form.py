"""What a person sees and sets before a run: description, sizes with their cost, every setting, and mistakes."""

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine import hardware
from engine.qwen.options import Language, QwenOptions
from engine.qwen.planning.plan import Gpu, Machine
from engine.words.amounts import duration
from gui.decompose.advice_cards import facts
from gui.decompose.qwen_settings import QwenSettings
from gui.look import theme
from gui.settings import preferences
from tests.gui.decompose.conftest import qwen_form

GB = 10**9
CARD = Gpu(0, "Some card", 24 * GB, 23 * GB, (8, 6), 70.0)


def advice_for(machine, width=2000, height=1500, layers=4, **options):
    from engine.qwen.advise import advise

    return advise(QwenOptions(**options), width, height, layers, machine)


def other_image(window, tmp_path, qtbot) -> None:
    Image.new("RGB", (70, 50), "green").save(tmp_path / "other.png")
    window.files.open_path(tmp_path / "other.png")
    qtbot.waitUntil(lambda: window.session.document.width == 70, timeout=10_000)


def test_the_models_description_goes_with_its_image_and_ones_own_words_stay(qwen, tmp_path, qtbot):
    prompt = qwen_form(qwen).prompt
    qwen_form(qwen).show_caption("a red disc\nand a blue bar")
    assert prompt.text() == "a red disc and a blue bar"
    other_image(qwen, tmp_path, qtbot)
    assert prompt.text() == ""
    prompt.setText("my own words")
    qwen_form(qwen).show_caption("what the model says")
    assert prompt.text() == "my own words"
    other_image(qwen, tmp_path, qtbot)
    qwen.session.close()
    assert prompt.text() == "my own words"


def test_a_description_in_another_language_is_asked_for_anew(qwen):
    qwen_form(qwen).show_caption("a red disc")
    qwen_form(qwen).settings.set("language", Language.CHINESE)
    assert qwen_form(qwen).prompt.text() == ""


def test_a_mistake_is_one_sentence_and_starts_no_run(qwen, fake):
    qwen_form(qwen).prompt.setText("word " * 1000)
    QTest.mouseClick(qwen.decompose.button, Qt.MouseButton.LeftButton)
    assert "shorten it to 4000" in qwen.notice.text.text()
    assert not qwen.controller.running
    qwen.session.select([qwen.session.document.layers()[0].id])
    qwen_form(qwen).settings.set("steps", 500)
    qwen.decompose.start_layer()
    assert "choose 2 to 200" in qwen.notice.text.text()
    assert fake.requests == []
    qwen_form(qwen).refresh()
    qwen_form(qwen).ask_advice()
    assert "choose 2 to 200" in qwen_form(qwen).problem.text()


def test_both_sizes_say_what_they_cost_and_a_click_or_an_arrow_chooses(qwen, qtbot, monkeypatch):
    monkeypatch.setattr(hardware, "probe", lambda: Machine((CARD,), 60 * GB, 64 * GB))
    qwen_form(qwen).refresh()
    cards = qwen_form(qwen).cards
    qtbot.waitUntil(lambda: all("24 GB card" in card.figures for card in cards.cards.values()), timeout=20_000)
    assert cards.cards[640].detail != cards.cards[1024].detail
    assert qwen_form(qwen).advanced.fields["device"].findText("Some card") >= 0
    assert cards.cards[640].height() == cards.cards[1024].height()
    assert abs(cards.cards[640].width() - cards.cards[1024].width()) <= 1
    assert qwen_form(qwen).options().resolution == 640
    QTest.mouseClick(cards.cards[1024], Qt.MouseButton.LeftButton)
    assert qwen_form(qwen).options().resolution == 1024
    assert preferences().get("engines.qwen.resolution") == 1024
    cards.cards[1024].setFocus()
    QTest.keyClick(cards.cards[1024], Qt.Key.Key_Left)
    assert qwen_form(qwen).options().resolution == 640


def test_a_card_says_how_long_how_much_and_why_not():
    machine = Machine((CARD,), 60 * GB, 64 * GB)
    small, large = advice_for(machine)
    figures, detail, warns, tip = facts(large, machine)
    assert "of your 24 GB card" in figures
    assert figures.startswith(duration(large.seconds))
    assert "Finer edges" in detail
    assert not warns
    assert "Some card" in tip
    assert "Recommended" in facts(small, machine)[1]
    poor = Machine((), 3 * GB, 4 * GB)
    figures, detail, warns, _ = facts(advice_for(poor)[0], poor)
    assert figures == "Does not fit"
    assert "main memory" in detail
    assert warns


def test_advice_is_for_what_is_chosen(qwen, qtbot, monkeypatch):
    from engine.qwen import advise

    asked = []
    real = advise.advise

    def noted(options, width, height, layers, *more):
        asked.append((options, layers))
        return real(options, width, height, layers, *more)

    monkeypatch.setattr(advise, "advise", noted)
    qwen.decompose.layers.setCurrentIndex(qwen.decompose.layers.findData(7))
    qtbot.waitUntil(lambda: bool(asked) and asked[-1][1] == 7, timeout=20_000)
    assert asked[-1][0].steps == 50
    qwen_form(qwen).preset.setCurrentIndex(1)
    qwen_form(qwen).preset.activated.emit(1)
    qtbot.waitUntil(lambda: asked[-1][0].steps == 20, timeout=20_000)
    qwen_form(qwen).prompt.setText("a card")
    qtbot.waitUntil(lambda: asked[-1][0].prompt == "a card", timeout=20_000)


def test_steps_of_ones_own_are_custom_and_reset_gives_the_official_ones_back(qwen):
    form = qwen_form(qwen)
    assert form.preset.currentText() == "Quality"
    QTest.mouseClick(form.more, Qt.MouseButton.LeftButton)
    assert form.advanced.isVisible()
    form.advanced.fields["steps"].setValue(33)
    assert form.preset.currentText() == "Custom"
    form.preset.setCurrentIndex(form.preset.findData("fast"))
    form.preset.activated.emit(form.preset.currentIndex())
    assert (form.advanced.fields["steps"].value(), form.advanced.fields["cfg"].value()) == (20, 2.5)
    QTest.mouseClick(form.advanced.reset, Qt.MouseButton.LeftButton)
    assert form.preset.currentText() == "Quality"
    assert form.options() == QwenOptions()


def test_every_setting_reaches_the_engine_and_is_kept(qwen):
    fields = qwen_form(qwen).advanced.fields
    fields["steps"].setValue(12)
    fields["cfg"].setValue(3.5)
    fields["lora_scale"].setValue(0.75)
    for name, text in (("negative_prompt", "blurry"), ("lora", "/some/where.safetensors")):
        fields[name].setText(text)
        fields[name].editingFinished.emit()
    for name, data in (("device", "cpu"), ("dtype", "fp32"), ("memory_plan", "streamed"), ("language", "zh")):
        fields[name].setCurrentIndex(fields[name].findData(data))
    for name in ("cfg_normalize", "names", "tidy"):
        fields[name].click()
    found = qwen_form(qwen).options()
    assert (found.steps, found.cfg, found.lora_scale, found.negative_prompt) == (12, 3.5, 0.75, "blurry")
    assert (found.device, found.dtype, found.memory_plan, found.language) == ("cpu", "fp32", "streamed", "zh")
    assert (found.cfg_normalize, found.names, found.tidy) == (False, False, True)
    assert found.lora.name == "where.safetensors"
    assert QwenSettings().options() == found, "what is set is there at the next start"


def test_a_graphics_card_that_is_gone_stays_chosen_and_is_named_so(qwen):
    qwen_form(qwen).settings.set("device", "cuda:3")
    assert qwen_form(qwen).advanced.fields["device"].currentText() == "cuda:3 (not found here)"
    qwen_form(qwen).advanced.offer("device", [("cuda:3", "Some card")])
    assert qwen_form(qwen).advanced.fields["device"].currentText() == "Some card"


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_form_fits_a_window_of_1280_px_in_both_schemes(qwen, qapp, scheme):
    theme.apply(qapp, scheme)
    qwen_form(qwen).more.setChecked(True)
    qwen.resize(1280, 800)
    qapp.processEvents()
    assert qwen.width() == 1280
    row = qwen_form(qwen)
    for field in (
        row.preset,
        row.seeds.seed,
        row.seeds.variants,
        row.prompt,
        row.models,
        row.cards,
        row.advanced.fields["lora"],
    ):
        right = field.mapTo(row, field.rect().topRight()).x()
        assert right < row.width()
