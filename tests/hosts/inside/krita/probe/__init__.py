"""A Krita plugin with nothing in it but the vendored client."""
