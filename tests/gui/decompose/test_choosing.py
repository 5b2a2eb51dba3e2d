"""Several seeds to choose from, one layer taken apart further, and the pictures during a run."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from engine.document import Group, Layer
from engine.imaging.compositing import composite
from gui.decompose.notice import Notice
from tests.gui.decompose.conftest import qwen_form


def run_seeds(window, qtbot, first: int, count: int):
    qwen_form(window).seeds.seed.setValue(first)
    qwen_form(window).seeds.variants.setValue(count)
    QTest.mouseClick(window.decompose.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.controller.running, timeout=30_000)
    return window.decompose.chooser


def names(window) -> list[str]:
    return [layer.name for layer in window.session.document.layers()]


def test_the_results_of_several_seeds_are_chosen_from_and_one_is_kept_as_one_step(qwen, fake, qtbot):
    before = composite(qwen.session.document)
    chooser = run_seeds(qwen, qtbot, 1, 3)
    assert [request.seed for request in fake.requests] == [1, 2, 3]
    assert chooser.isVisible()
    assert [card.radio.text() for card in chooser.cards] == ["Seed 1", "Seed 2", "Seed 3"]
    assert [card.layers.count() for card in chooser.cards] == [4, 5, 6], "the layers, and all of them in two ways"
    assert chooser.cards[2].layers.item(2).text() == "Strip 3"
    assert names(qwen) == ["Image"], "nothing is kept before it is chosen"
    QTest.keyClick(chooser.cards[0].radio, Qt.Key.Key_Right)
    assert chooser.index == 1
    QTest.keyClick(chooser, Qt.Key.Key_Return)
    assert names(qwen) == ["Ground", "Strip 1", "Strip 2"]
    assert np.abs(composite(qwen.session.document).astype(int) - before).max() <= 1
    assert "3 layers" in qwen.decompose.outcome.text()
    qwen.session.stack.undo()
    assert names(qwen) == ["Image"]
    assert not qwen.session.stack.canUndo()


def test_closing_keeps_nothing_and_the_results_can_be_looked_at_again(qwen, qtbot):
    chooser = run_seeds(qwen, qtbot, 1, 2)
    QTest.keyClick(chooser, Qt.Key.Key_Escape)
    assert names(qwen) == ["Image"]
    assert "None is kept" in qwen.decompose.outcome.text()
    assert qwen_form(qwen).seeds.choose.isVisible()
    QTest.mouseClick(qwen_form(qwen).seeds.choose, Qt.MouseButton.LeftButton)
    again = qwen.decompose.chooser
    QTest.mouseDClick(again.cards[1].picture, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(qwen) == ["Ground", "Strip 1", "Strip 2"])
    qwen.session.close()
    assert not qwen_form(qwen).seeds.choose.isVisibleTo(qwen_form(qwen))
    assert qwen.controller.choices is None


def test_another_one_is_kept_after_an_undo_or_in_its_place_and_added_layers_stay(qwen, qtbot):
    chooser = run_seeds(qwen, qtbot, 1, 2)
    chooser.keep.click()
    assert names(qwen) == ["Ground", "Strip 1"]
    qwen.session.stack.undo()
    first, second = (sheet.variant for sheet in qwen.controller.choices.sheets)
    qwen.controller.keep(second)
    assert names(qwen) == ["Ground", "Strip 1", "Strip 2"]
    assert "meanwhile" not in qwen.notice.text.text()
    added = Layer(np.full((10, 10, 4), 255, np.uint8), name="Mine")
    qwen.session.apply("Add", lambda d: replace(d, nodes=(*d.nodes, added)))
    qwen.controller.keep(first)
    assert names(qwen) == ["Ground", "Strip 1", "Mine"]
    qwen.session.stack.undo()
    assert names(qwen) == ["Ground", "Strip 1", "Strip 2", "Mine"]


def test_a_failure_on_the_way_leaves_what_is_done(qwen, qtbot):
    chooser = run_seeds(qwen, qtbot, 3, 2)
    assert len(chooser.cards) == 1
    assert "Only 1 of 2 variants" in qwen.notice.text.text()
    assert "The model stopped" in qwen.notice.text.text()
    chooser.reject()


def test_a_layer_looks_the_same_when_it_is_chosen_alone(qwen, qtbot):
    chooser = run_seeds(qwen, qtbot, 1, 2)
    card = chooser.cards[0]
    card.layers.setCurrentRow(1)  # all layers
    whole = card.picture.grab().toImage()
    card.layers.setCurrentRow(2)  # the strip at the top left
    alone = card.picture.grab().toImage()
    centre = card.picture.rect().center()
    assert whole.pixelColor(centre) != alone.pixelColor(centre), "below it there are only checkers"
    assert alone.pixelColor(centre).name() in ("#ffffff", "#cfcfcf")
    chooser.reject()


def test_one_layer_is_taken_apart_without_the_description_of_the_whole(qwen, fake, qtbot):
    qwen_form(qwen).show_caption("the whole card")
    qwen_form(qwen).seeds.seed.setValue(2)
    layer = qwen.session.document.layers()[0]
    qwen.session.select([layer.id])
    qwen.actions_by_id["decompose_layer"].trigger()
    qtbot.waitUntil(lambda: not qwen.controller.running, timeout=30_000)
    assert fake.requests[-1].options.prompt == ""
    assert qwen_form(qwen).prompt.text() == "the whole card"
    assert isinstance(qwen.session.document.nodes[0], Group)


def test_layers_that_hold_several_things_are_offered_to_be_split(qwen, fake, qtbot):
    qwen_form(qwen).seeds.seed.setValue(5)
    qwen.decompose.start()
    qtbot.waitUntil(lambda: not qwen.controller.running, timeout=30_000)
    layers = qwen.session.document.layers()
    before = composite(qwen.session.document)
    [button] = qwen.notice.offers.findChildren(QPushButton)
    assert button.text() == "Strip 1", "the one that the engine said holds two things"
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert qwen.session.selection == (layers[1].id,)
    qtbot.waitUntil(lambda: not qwen.controller.running, timeout=30_000)
    assert fake.requests[-1].layers is None
    group = qwen.session.document.nodes[1]
    assert isinstance(group, Group)
    assert group.name == "Strip 1"
    assert np.abs(composite(qwen.session.document).astype(int) - before).max() <= 1


def test_a_locked_layer_is_not_split_and_the_reason_is_said(qwen, fake, qtbot):
    from engine.editing import edits

    layer = qwen.session.document.layers()[0]
    qwen.session.apply("Lock", lambda d: edits.set_fields(d, [layer.id], locked=True))
    qwen.decompose.split_layer(layer.id)
    assert "unlock" in qwen.notice.text.text()
    assert fake.requests == []


def test_the_notice_hides_its_offers_with_the_next_text(qtbot):
    notice = Notice()
    qtbot.addWidget(notice)
    notice.offer_split((("a", "Balloon"), ("b", "x" * 60)))
    assert notice.isVisible()
    shown = [b.text() for b in notice.findChildren(QPushButton)]
    assert shown == ["Balloon", "x" * 27 + "…"]
    notice.show_text("")
    assert not notice.isVisible()


def test_the_layers_so_far_are_shown_large_on_checkers_and_go_with_the_run(qwen, qtbot):
    from engine.decomposer import Progress, Stage

    half = np.zeros((90, 360, 4), np.uint8)
    half[:, :90] = (255, 0, 0, 255)
    qwen.preview.show_progress(Progress(Stage.SEPARATING, 12, 50, 0.3, preview=half))
    strip = qwen.preview
    assert strip.isVisible()
    assert strip.width() > 0.6 * qwen.canvas.width()
    assert qwen.canvas.rect().contains(strip.geometry())
    seen = strip.grab().toImage()
    y = strip.height() - 30
    assert seen.pixelColor(30, y).name() == "#ff0000"
    assert seen.pixelColor(strip.width() - 40, y).name() in ("#ffffff", "#cfcfcf")
    qwen.resize(1000, 700)
    assert qwen.canvas.rect().contains(strip.geometry())
    qwen.decompose.start()
    qtbot.waitUntil(lambda: not qwen.controller.running, timeout=30_000)
    assert not strip.isVisible()


def test_a_failed_run_says_why_and_the_next_one_works(qwen, qtbot):
    before = qwen.session.document
    qwen_form(qwen).seeds.seed.setValue(4)
    qwen.decompose.start()
    qtbot.waitUntil(lambda: not qwen.controller.running, timeout=30_000)
    assert "The model stopped with an error (on purpose)." in qwen.notice.text.text()
    assert qwen.notice.mark.isVisible()
    assert qwen.session.document is before
    qwen_form(qwen).seeds.seed.setValue(1)
    qwen.decompose.start()
    qtbot.waitUntil(lambda: not qwen.controller.running, timeout=30_000)
    assert names(qwen) == ["Ground", "Strip 1"]
    assert not qwen.notice.isVisible()
