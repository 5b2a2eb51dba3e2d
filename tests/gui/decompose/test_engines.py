"""The bar and the forms know an engine by its record alone."""

import pytest
from PySide6.QtWidgets import QCheckBox, QSpinBox

from engine.document import Layer, Provenance
from engine.engines import ENGINES
from gui.decompose.engine_form import PlainForm
from gui.inspector.info_form import InfoForm
from tests.engine.test_engines import MosaicOptions, closed, mosaic  # noqa: F401 - fixtures
from tests.gui.documents import block

pytestmark = pytest.mark.usefixtures("mosaic")


@pytest.fixture
def chosen(mosaic, opened):  # noqa: F811
    opened.decompose.engine.setCurrentIndex(opened.decompose.engine.findData("mosaic"))
    return opened


def test_the_bar_offers_every_engine(chosen):
    engine = chosen.decompose.engine
    shown = [engine.itemData(i) for i in range(engine.count())]
    assert shown == ["auto", *ENGINES]
    assert engine.currentText() == "Mosaic"


def test_the_bar_offers_as_many_layers_as_the_engine_can_make(chosen):
    layers = chosen.decompose.layers
    assert [layers.itemData(i) for i in range(layers.count())] == [None, 2, 3, 4]
    chosen.decompose.engine.setCurrentIndex(0)
    assert layers.count() == 10


def test_an_engine_without_a_form_of_its_own_gets_a_plain_one(chosen):
    form = chosen.forms.form("mosaic")
    assert isinstance(form, PlainForm)
    assert form.isVisible()
    assert not chosen.forms.form("qwen").isVisible()
    assert list(form.fields.fields) == ["tiles", "sharp"]
    tiles, sharp = form.fields.fields.values()
    assert isinstance(tiles, QSpinBox)
    assert isinstance(sharp, QCheckBox)
    tiles.setValue(7)
    sharp.click()
    assert form.options() == MosaicOptions(tiles=7, sharp=True)
    form.fields.reset.click()
    assert form.options() == MosaicOptions(tiles=4, sharp=False)


def test_the_inspector_names_the_engine_of_a_layer(qtbot):
    form = InfoForm()
    qtbot.addWidget(form)
    form.show_layers([Layer(block(9, 9), provenance=Provenance("mosaic"))])
    assert form.engine.text() == "Mosaic"
