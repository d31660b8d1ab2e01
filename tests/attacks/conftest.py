"""Attacks start from the documents that hold."""

from tests.licence.conftest import make, papers

__all__ = ["make", "papers"]
