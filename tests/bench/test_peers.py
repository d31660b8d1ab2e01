"""The peers' maths does what theirs does: pictures change inside the face and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np

from sosie.bench.peers import CROP, clone, paste_back, patch_changed, patch_within


def picture(size: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    noise = np.random.default_rng(3).integers(0, 256, (*size, 3), np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 8), np.uint8)


def test_pasting_a_plates_own_crop_changes_little() -> None:
    plate = picture((300, 400))
    matrix = np.array([[1.0, 0, -120], [0, 1.0, -80]])
    crop = cv2.warpAffine(plate, matrix, (CROP, CROP))
    out = paste_back(plate, np.asarray(crop, np.uint8), matrix)
    assert np.abs(out.astype(int) - plate).max() <= 1
    white = paste_back(plate, np.full((CROP, CROP, 3), 255, np.uint8), matrix)
    assert (white[144, 184] == 255).all()
    assert (white[:70] == plate[:70]).all()


def test_cloning_keeps_the_surroundings() -> None:
    plate, donor = picture((200, 200)), picture((200, 200))[::-1].copy()
    oval = np.array([[60, 50], [140, 50], [140, 150], [60, 150]], np.float32)
    out = clone(plate, donor, patch_within(oval))
    assert (out[:45] == plate[:45]).all()
    assert (out[60:140, 70:130] != plate[60:140, 70:130]).any()


def test_the_same_region_is_cloned_as_was_changed() -> None:
    plate, donor = picture((200, 220)), picture((200, 220))[::-1].copy()
    after = plate.copy()
    after[60:141, 70:130] = 255 - after[60:141, 70:130]
    after[150:160, 90:95] += 1
    patch = patch_changed(plate, after)
    assert patch.corner == (70, 60)
    assert patch.mask.shape == (100, 60)
    assert (patch.mask > 0).sum() == 81 * 60 + 10 * 5
    out = clone(plate, donor, patch)
    changed = (out != plate).any(2)
    assert changed[65:135, 75:125].mean() > 0.9
    assert not changed[:58].any()
    assert not changed[:, :68].any()
    assert patch.less(3).mask.shape == (97, 57)
