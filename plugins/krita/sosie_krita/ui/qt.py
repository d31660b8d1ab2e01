"""Qt as the host has it. Krita 5 loads PyQt5 and Krita 6 PyQt6 before any plugin; the other one may be importable too
and must not be touched: two Qts in one process crash it.
"""

from __future__ import annotations

import sys

if "PyQt6.QtCore" in sys.modules:
    from PyQt6 import QtCore, QtGui, QtWidgets
else:
    from PyQt5 import QtCore, QtGui, QtWidgets

__all__ = ["QtCore", "QtGui", "QtWidgets"]
