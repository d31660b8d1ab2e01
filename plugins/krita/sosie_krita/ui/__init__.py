"""What the docker shows: PyQt5 or PyQt6, whichever Krita has. Widgets show the desk and call it; they decide nothing."""
