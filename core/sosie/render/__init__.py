"""The likeness-render kernel: a plate and a twin in, layers out."""
