"""What a retoucher may turn, and what the picture is for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .._sosie.client.use import MEDIA, PURPOSES
from ..model.desk import Desk
from ..model.texts import tr
from ..model.use import AS_LICENSED
from .qt import QtCore, QtWidgets

#: Name in RenderOptions, words, tool tip.
SWITCHES = (
    ("brows", "Twin's brows", "Off keeps the plate's brows."),
    ("lips", "Twin's lips", "Off keeps the plate's lips."),
    ("tone", "Twin's skin tone", "Off keeps the plate's skin tone."),
    ("skin", "Skin beyond the face", "Neck, ears and hands take the twin's tone."),
    ("grain", "Plate's grain", "The plate's own grain on the likeness."),
)


class Options(QtWidgets.QWidget):
    """Sliders and switches of `RenderOptions`."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(tr("Strength"), self._slider("strength", 0, 1, tr("0 is the plate.")))
        form.addRow(tr("Detail"), self._slider("detail", 0, 2, tr("Pores and lines; 100 as captured.")))
        how_bright = tr("Of the twin's skin, in stops: how bright it is in this light is an estimate.")
        form.addRow(tr("Exposure"), self._slider("exposure", -2, 2, how_bright, unit=" EV", steps=1))
        switches = QtWidgets.QGridLayout()
        for number, (name, words, tip) in enumerate(SWITCHES):
            box = QtWidgets.QCheckBox(tr(words), self)
            box.setObjectName(f"sosie_{name}")
            box.setToolTip(tr(tip))
            box.setChecked(getattr(desk.options, name))
            box.toggled.connect(lambda on, name=name: desk.turn(**{name: on}))
            switches.addWidget(box, number // 2, number % 2)
        form.addRow(switches)
        self.parts = QtWidgets.QCheckBox(tr("As five layers"), self)
        self.parts.setObjectName("sosie_parts")
        self.parts.setToolTip(
            tr(
                "Relief, skin, likeness, shading and detail, each to work on. Off: one layer. The pixels are the same."
            )
        )
        self.parts.setChecked(desk.settings.parts)
        self.parts.toggled.connect(lambda on: desk.keep(replace(desk.settings, parts=on)))
        form.addRow(self.parts)
        self.live = QtWidgets.QCheckBox(tr("Live: render when an option moves"), self)
        self.live.setObjectName("sosie_live")
        self.live.setToolTip(tr("Each render counts against the licence. The result waits in the history."))
        self.live.setChecked(desk.live)
        self.live.toggled.connect(desk.set_live)
        form.addRow(self.live)

    def _slider(
        self, name: str, least: int, most: int, tip: str, *, unit: str = " %", steps: int = 100
    ) -> QtWidgets.QWidget:
        """The option `name` in hundredths beside its value, of which 1 is shown as so many `steps` of the `unit`."""
        row = QtWidgets.QWidget(self)
        slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal, row)
        slider.setObjectName(f"sosie_{name}")
        slider.setRange(100 * least, 100 * most)
        number = QtWidgets.QDoubleSpinBox(row)
        number.setDecimals(2 if steps == 1 else 0)
        number.setRange(steps * least, steps * most)
        number.setSingleStep(steps / 100 if steps > 1 else 0.1)
        number.setSuffix(unit)
        value = getattr(self._desk.options, name)
        slider.setValue(round(100 * value))
        number.setValue(steps * value)
        for widget in (slider, number):
            widget.setToolTip(tip)
        slider.valueChanged.connect(lambda value: number.setValue(value * steps / 100))
        number.valueChanged.connect(lambda value: slider.setValue(round(value * 100 / steps)))
        number.valueChanged.connect(lambda value: self._desk.turn(**{name: value / steps}))
        layout = QtWidgets.QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(slider, 1)
        layout.addWidget(number)
        return row


class UseForm(QtWidgets.QWidget):
    """Purpose, medium, territory: what is not said is taken from the licence."""

    def __init__(self, desk: Desk, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        self.purpose = self._combo("purpose", PURPOSES)
        self.media = self._combo("media", MEDIA)
        self.territory = self._line("territory", tr("as licensed"), tr("Countries: FR, BE"))
        self.categories = self._line(
            "categories", tr("none"), tr("Sensitive categories the picture shows: swimwear")
        )
        form.addRow(tr("Purpose"), self.purpose)
        form.addRow(tr("Medium"), self.media)
        form.addRow(tr("Territory"), self.territory)
        form.addRow(tr("Shows"), self.categories)

    def _combo(self, name: str, words: tuple[str, ...]) -> QtWidgets.QComboBox:
        box = QtWidgets.QComboBox(self)
        box.addItem(tr(AS_LICENSED), "")
        for word in words:
            box.addItem(tr(word.replace("_", " ")), word)
        box.currentIndexChanged.connect(lambda _index: self._say(name, box.currentData()))
        return box

    def _line(self, name: str, empty: str, tip: str) -> QtWidgets.QLineEdit:
        line = QtWidgets.QLineEdit(self)
        line.setPlaceholderText(empty)
        line.setToolTip(tip)
        line.textChanged.connect(lambda text: self._say(name, text))
        return line

    def _say(self, name: str, value: Any) -> None:
        self._desk.state(**{name: str(value or "")})
