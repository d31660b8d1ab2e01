"""An extension with nothing in it but the vendored client."""


def register() -> None:
    """Nothing to register."""


def unregister() -> None:
    """Nothing to take back."""
