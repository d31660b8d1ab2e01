"""The store hands out only what the manifest pins."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sosie.errors import ModelError
from sosie.models import ModelStore
from sosie.models.store import default_root


@pytest.fixture
def copy(store: ModelStore, tmp_path: Path) -> Path:
    """A store with one model built."""
    (tmp_path / "onnx").mkdir()
    shutil.copy(store.root / "manifest.toml", tmp_path)
    shutil.copy(store.path("yunet"), tmp_path / "onnx")
    return tmp_path


def test_a_built_model_runs(store: ModelStore) -> None:
    session = store.session("yunet")
    assert session.get_providers() == ["CPUExecutionProvider"]
    outputs = session.run(["cls_8"], {"input": np.zeros((1, 3, 64, 96), np.float32)})
    assert outputs[0].shape == (1, 8 * 12, 1)


def test_what_is_not_built_says_how(copy: Path) -> None:
    with pytest.raises(ModelError) as caught:
        ModelStore(copy).path("identity")
    assert caught.value.code == "models_missing"
    assert "sosie models build" in caught.value.remedy
    assert "yunet" not in ModelStore(copy).missing()


def test_one_changed_byte_is_noticed(copy: Path) -> None:
    path = copy / "onnx" / "yunet.onnx"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError) as caught:
        ModelStore(copy).session("yunet")
    assert caught.value.code == "model_corrupt"


def test_an_unknown_name_lists_the_known(store: ModelStore) -> None:
    with pytest.raises(ModelError) as caught:
        store.path("inswapper")
    assert "yunet" in caught.value.remedy


def test_no_manifest_and_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        ModelStore(tmp_path)
    assert caught.value.code == "models_missing"
    (tmp_path / "manifest.toml").write_text("[[package]]\nname = 3\n")
    with pytest.raises(ModelError) as caught:
        ModelStore(tmp_path)
    assert caught.value.code == "model_corrupt"


def test_another_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOSIE_MODELS", str(tmp_path))
    assert default_root() == tmp_path


def test_every_model_has_a_clean_licence_and_its_text(store: ModelStore) -> None:
    texts = {path.stem for path in (store.root.parent / "LICENSES").iterdir()}
    for model in store.manifest.models.values():
        assert model.licence in {"MIT", "Apache-2.0", "CC0-1.0", "0BSD"}
        assert model.licence in texts
        assert model.package in store.manifest.packages
        assert model.origin.split(";")[0] in (store.root / "NOTICE.md").read_text("utf-8")
