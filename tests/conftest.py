"""What several rooms test with: the people, the built models, the perception pipeline."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from sosie.faces import Faces
from sosie.models import ModelStore

ROOT = Path(__file__).parents[1]

#: A busy machine is slow, not wrong: no example is timed. (With CI=true, Hypothesis does the same by itself.)
settings.register_profile("default", deadline=None)


def pytest_configure() -> None:
    """Keep the keys of the tests' machines out of the keyring of whoever runs them; let programs be interrupted."""
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    # A shell starts what it puts in the background deaf to Ctrl-C, and so would be the programs that tests interrupt.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def people() -> Path:
    """Two people and three plates with the truth: the subset in the tree."""
    return ROOT / "tests" / "people"


@pytest.fixture(scope="session")
def all_people() -> Path:
    """Six people and twelve plates: SOSIE_PEOPLE, or `shared/people` beside the tree."""
    folder = Path(os.environ.get("SOSIE_PEOPLE", ROOT.parent / "shared" / "people"))
    if not (folder / "manifest.json").is_file():
        pytest.skip(f"needs the full set of test people; not in {folder}: set SOSIE_PEOPLE to its folder")
    return folder


@pytest.fixture(scope="session")
def store() -> ModelStore:
    """The built models; missing ones fail here, with the remedy."""
    store = ModelStore.default()
    for name in store.manifest.models:
        store.path(name)
    return store


@pytest.fixture(scope="session")
def faces(store: ModelStore) -> Faces:
    """One perception pipeline for all tests."""
    return Faces(store)
