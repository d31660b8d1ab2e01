"""Krita itself as `interface.Host`: the document in front, later turns of the event loop, settings."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from krita import Krita

from ..interface import Image
from ..model.texts import tr
from ..ui.images import image_of
from ..ui.qt import QtCore, QtGui
from .documents import KritaPicture

GROUP, NAME = "sosie", "settings"
OLDEST = (5, 2)
#: The label's letters are 3 % of the short side high; this holds it and a margin.
FOOT, FOOT_WIDTH = 0.12, 900


class KritaHost(QtCore.QObject):  # type: ignore[misc]
    """The application. Made on the main thread."""

    _called = QtCore.pyqtSignal(object, int)

    def __init__(self) -> None:
        super().__init__()
        # queued: from any thread the call arrives on this object's, which is the main one
        self._called.connect(self._later, QtCore.Qt.ConnectionType.QueuedConnection)

    @property
    def name(self) -> str:
        """`krita 5.2.9`."""
        return f"krita {Krita.instance().version().split()[0]}"

    @property
    def trouble(self) -> str:
        """What an old Krita lacks."""
        version = Krita.instance().version()
        numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2])
        if numbers >= OLDEST:
            return ""
        return tr(
            "This is Krita {version}. Likenesses come with transparency masks, which plugins can make from Krita 5.2 on."
        ).format(version=version)

    def picture(self) -> KritaPicture | None:
        """None too while a document is still being opened."""
        document = Krita.instance().activeDocument()
        return KritaPicture(document) if document is not None and document.rootNode() is not None else None

    def soon(self, call: Callable[[], None], milliseconds: int = 0) -> None:
        """A turn lasts a millisecond at least: input and painting come in between. Nothing once its window has gone."""
        with contextlib.suppress(RuntimeError):  # PyQt's, of an object that Qt has deleted
            self._called.emit(call, max(1, milliseconds))

    def settings(self) -> dict[str, Any]:
        """From kritarc."""
        try:
            kept = json.loads(Krita.instance().readSetting(GROUP, NAME, "{}"))
        except ValueError:
            return {}
        return kept if isinstance(kept, dict) else {}

    def keep(self, settings: dict[str, Any]) -> None:
        """Into kritarc."""
        Krita.instance().writeSetting(GROUP, NAME, json.dumps(settings))

    def foot(self, path: Path) -> Image | None:
        """As high as FOOT of the picture's short side, from its lower right corner."""
        reader = QtGui.QImageReader(str(path))
        size = reader.size()
        side = min(size.width(), size.height())
        height = round(side * FOOT)
        reader.setClipRect(QtCore.QRect(size.width() - side, size.height() - height, side, height))
        seen = reader.read()
        if seen.isNull():
            return None
        return image_of(
            seen.scaledToWidth(min(side, FOOT_WIDTH), QtCore.Qt.TransformationMode.SmoothTransformation)
        )

    @property
    def scratch(self) -> Path:
        """In the user's cache: a disk, where temporary folders may be memory."""
        places = QtCore.QStandardPaths
        return Path(places.writableLocation(places.StandardLocation.GenericCacheLocation)) / "sosie-krita"

    def _later(self, call: Callable[[], None], milliseconds: int) -> None:
        QtCore.QTimer.singleShot(milliseconds, call)
