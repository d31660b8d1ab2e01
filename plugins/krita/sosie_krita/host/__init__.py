"""Krita itself: the only folder that imports it. Main thread only."""
