"""The main job told as one story, every step real."""
