"""A folder of photographs becomes a twin, or says what is wrong with it."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from sosie.errors import CaptureError, PackError
from sosie.faces import Faces
from sosie.twin import Twin
from sosie.twin.capture import Capture, capture


def test_views_are_found_by_pose_not_by_name(captured: Capture) -> None:
    assert captured.report.views[0] == "frontal"
    wanted = {"left", "right", "left_profile", "right_profile", "up", "down", "smile", "open"}
    assert wanted <= set(captured.report.views)
    assert captured.report.rejected == {}
    assert captured.report.mirrored == ()


def test_texture_is_large_linear_and_true(captured: Capture) -> None:
    twin = captured.twin
    assert twin.texture_px >= 2048
    assert twin.valid.mean() > 0.4 * 255
    # Brown skin, made with a mean reflectance of (0.27, 0.13, 0.07): within 15 %.
    assert twin.tone == pytest.approx([0.27, 0.134, 0.073], rel=0.15)


def test_shape_agrees_in_all_views(captured: Capture) -> None:
    assert captured.twin.figures.residual < 0.02
    width = np.linalg.norm(captured.twin.shape[263] - captured.twin.shape[33])
    assert width == pytest.approx(1.0, abs=0.1)


def test_open_mouth_is_expression_data(captured: Capture) -> None:
    twin = captured.twin
    assert len(twin.expressions) == len(twin.deltas) == 2
    lowest = max(float(delta[152, 1]) for delta in twin.deltas)
    assert lowest > 0.05, "no photograph lowers the chin"


def test_sections_come_back_the_same(captured: Capture) -> None:
    again = Twin.from_sections(captured.twin.to_sections())
    np.testing.assert_array_equal(again.albedo, captured.twin.albedo)
    np.testing.assert_array_equal(again.surround, captured.twin.surround)
    assert again.figures == captured.twin.figures


def test_a_pack_made_before_there_was_a_surround_is_a_twin_without_one(captured: Capture) -> None:
    sections = {n: s for n, s in captured.twin.to_sections().items() if not n.startswith("surround")}
    again = Twin.from_sections(sections)
    assert again.surround is None
    assert Twin.from_sections(again.to_sections()).surround is None


def test_a_pack_made_before_there_were_wrinkles_is_a_twin_without_them(captured: Capture) -> None:
    sections = captured.twin.to_sections()
    again = Twin.from_sections({n: s for n, s in sections.items() if n != "wrinkles"})
    assert again.wrinkles is None
    assert "wrinkles" not in again.to_sections()
    with pytest.raises(PackError, match="differ in number"):
        Twin.from_sections({**sections, "wrinkles": np.zeros((1, 512, 512), np.uint8)})


def test_ears_and_neck_are_skin_of_her_colour(captured: Capture) -> None:
    twin = captured.twin
    assert twin.surround is not None
    assert twin.surround_valid is not None
    shown = twin.surround_valid > 250
    assert 0.3 < shown.mean() < 0.9  # her hair is bound back: ears, jaw and neck, and no temples
    neck = twin.surround[-300:-100][shown[-300:-100]].astype(np.float32)
    assert neck.mean(0) == pytest.approx(twin.tone, rel=0.4)  # the chin's shadow is redder
    filled = twin.surround[twin.surround_valid < 5].astype(np.float32)
    assert filled.mean(0) == pytest.approx(twin.tone, rel=0.35)  # and not of hair, clothes or wall


@pytest.mark.parametrize("name", ["shape", "albedo", "figures", "surround"])
def test_a_missing_or_foreign_section_is_refused(captured: Capture, name: str) -> None:
    sections = captured.twin.to_sections()
    with pytest.raises(PackError):
        Twin.from_sections({key: value for key, value in sections.items() if key != name})
    with pytest.raises(PackError):
        Twin.from_sections({**sections, name: np.zeros(3, np.int8)})


def test_coverage_sheet_is_a_picture(captured: Capture) -> None:
    sheet = cv2.imdecode(np.frombuffer(captured.report.picture(), np.uint8), cv2.IMREAD_COLOR)
    assert sheet is not None
    assert sheet.std() > 20


def test_bad_photographs_are_named_with_the_reason(people: Path, faces: Faces, tmp_path: Path) -> None:
    for view in ("frontal", "yaw_p30", "yaw_m30"):
        shutil.copy(people / "captures" / "p04" / f"{view}.jpg", tmp_path)
    picture = cv2.imread(str(people / "captures" / "p04" / "up.jpg"))
    cv2.imwrite(str(tmp_path / "blurred.png"), cv2.GaussianBlur(picture, (0, 0), 8))
    cv2.imwrite(str(tmp_path / "tiny.png"), cv2.resize(picture, None, fx=0.25, fy=0.25))
    cv2.imwrite(str(tmp_path / "two.png"), np.hstack([picture, picture]))
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((640, 640, 3), 128, np.uint8))
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    shutil.copy(people / "captures" / "p01" / "frontal.jpg", tmp_path / "stranger.jpg")
    rejected = capture(sorted(tmp_path.iterdir()), faces=faces).report.rejected
    for name, word in {
        "blurred.png": "blurred",
        "tiny.png": "pixels high",
        "two.png": "faces",
        "wall.png": "No face",
        "torn.jpg": "",
        "stranger.jpg": "another person",
    }.items():
        assert name in rejected
        assert word in rejected[name]
    assert len(rejected) == 6


def test_missing_sides_are_named(people: Path, faces: Faces) -> None:
    folder = people / "captures" / "p04"
    with pytest.raises(CaptureError, match="turned to the left") as caught:
        capture([folder / "frontal.jpg", folder / "yaw_p30.jpg"], faces=faces)
    assert caught.value.code == "capture_incomplete"
    with pytest.raises(CaptureError, match="frontal"):
        capture([], faces=faces)
