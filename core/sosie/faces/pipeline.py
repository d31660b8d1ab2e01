"""`Faces`: the perception pipeline.

Search at several sizes, and turned by quarters where the finds are not clearly upright; look at each find until the
crop made from the landmarks is level (a first crop comes from the detector's box, so that two looks are the least);
drop what the landmark network does not take for a face.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.faces.crop import Crop
from sosie.faces.detector import Detection, Detector, distinct
from sosie.faces.face import Face
from sosie.faces.identity import Identity
from sosie.faces.landmarks import Landmarker, Look, crop_around
from sosie.faces.mesh import face_mesh
from sosie.faces.person import Person, PersonMask
from sosie.faces.pose import head_pose
from sosie.models import ModelStore

#: Longer sides at which the picture is searched: faces that fill it are best seen small, groups large.
SIDES = (160, 320, 640, 1280)
#: The side that is searched even if the picture is smaller, and the largest for turned pictures.
USUAL = 640
#: Upright faces score above this; below, the detector may have taken a tilted face's eyes for something else.
CLEARLY_UPRIGHT = 0.92
#: A crop is level when its eyes are within this angle; each look brings it nearer.
LEVEL = np.radians(4)
MAX_LOOKS = 4
#: A face is what one look at least takes for one; of half a face under hair it is less sure than the detector.
MIN_PRESENCE, MIN_HALF = 0.5, 0.2
SURE_FIND = 0.88
#: The network is unsure of half-profiles under hair, yet places them better in a level crop than in the detector's;
#: only below this has it lost the face.
LOST = 0.05
#: A first crop is this much larger than the detector's box, which reaches from the forehead to the chin; the others
#: are tried until one look is sure.
MARGINS = (1.1, 1.3, 0.9)
SURE = 0.9
#: Pictures below this have no room for a face.
MIN_SIDE = 16


class Faces:
    """All perception networks, loaded once. Every method may be called from several threads.

    Raises:
        ModelError: models_missing or model_corrupt.
    """

    def __init__(self, models: ModelStore) -> None:
        with ThreadPoolExecutor() as loading:  # a first render waits for this
            landmarker, identity = loading.submit(Landmarker, models), loading.submit(Identity, models)
            detector, person = loading.submit(Detector, models), loading.submit(PersonMask, models)
            self._mesh = face_mesh(models)
            self._landmarker, self._identity = landmarker.result(), identity.result()
            self._detector, self._person = detector.result(), person.result()

    def find(self, rgb: NDArray[np.uint8], check: Callable[[], None] = lambda: None) -> list[Face]:
        """The faces of `rgb` (H, W, 3) uint8 sRGB, from left to right; none is an ordinary answer.

        Faces may be turned in the picture by any angle and have any size from about 20 pixels in a 1280 pixel view.
        `check` is called before each search and each look; what it raises ends them.
        """
        picture = np.ascontiguousarray(rgb[..., :3])
        if min(picture.shape[:2]) < MIN_SIDE:
            return []
        faces = []
        for detection in self._search(picture, check):
            check()
            faces.append(self._look(picture, detection))
        return sorted((face for face in faces if face is not None), key=lambda face: face.centre)

    def person(self, rgb: NDArray[np.uint8], face: Face) -> Person:
        """People against background, finer around `face`, and what else was seen of this one."""
        return self._person.close(np.ascontiguousarray(rgb[..., :3]), face.centre, face.size)

    def embed(self, rgb: NDArray[np.uint8], face: Face) -> NDArray[np.float32]:
        """(128,) float32 identity embedding; an L2 distance below `identity.SAME_PERSON` means one person."""
        return self._identity.embed(np.ascontiguousarray(rgb[..., :3]), face.landmarks)

    def _search(self, picture: NDArray[np.uint8], check: Callable[[], None]) -> list[Detection]:
        """Large pictures are reduced once, to the largest side that is searched; by halves first, which is quick."""
        height, width = picture.shape[:2]
        scale = min(1.0, SIDES[-1] / max(height, width))
        if scale < 1:
            size = (max(round(width * scale), 1), max(round(height * scale), 1))
            if scale < 0.5:
                size = (max(width // 2, 1), max(height // 2, 1))
            small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
            back = np.array([width / size[0], height / size[1]])
            return [
                Detection(hit.score, hit.box * np.tile(back, 2), hit.points * back)
                for hit in self._search(small, check)
            ]
        sides = [side for side in SIDES if side <= max(USUAL, height, width)]
        found = distinct(self._hits(picture, sides, check))
        if found and all(hit.score > CLEARLY_UPRIGHT for hit in found):
            return found
        return distinct(
            [*found, *(hit for turns in (1, 2, 3) for hit in self._search_turned(picture, turns, check))]
        )

    def _search_turned(
        self, picture: NDArray[np.uint8], turns: int, check: Callable[[], None]
    ) -> list[Detection]:
        """Searches the picture turned anticlockwise by quarters, and turns what it finds back."""
        turned = np.ascontiguousarray(np.rot90(picture, turns))
        sides = [side for side in SIDES if side <= USUAL]
        return [_turn_back(hit, picture.shape, turns) for hit in self._hits(turned, sides, check)]

    def _hits(
        self, picture: NDArray[np.uint8], sides: Sequence[int], check: Callable[[], None]
    ) -> Iterator[Detection]:
        for side in sides:
            check()
            yield from self._detector.search(picture, side)

    def _look(self, picture: NDArray[np.uint8], detection: Detection) -> Face | None:
        look = self._first_look(picture, detection)
        presence = look.presence
        if presence < (MIN_HALF if detection.score > SURE_FIND else MIN_PRESENCE):
            return None
        for _ in range(MAX_LOOKS - 1):
            again = self._landmarker.look(picture, crop_around(look.landmarks))
            if again.presence < LOST:
                break
            turned = abs(np.angle(np.exp(1j * (again.crop.angle - look.crop.angle))))
            look, presence = again, max(presence, again.presence)
            if turned < LEVEL:
                break
        low, high = look.landmarks[:, :2].min(0), look.landmarks[:, :2].max(0)
        return Face(
            box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
            score=detection.score,
            presence=presence,
            landmarks=look.landmarks,
            expression=self._landmarker.expression(look.landmarks),
            pose=head_pose(look.landmarks, self._mesh),
            crop=look.crop,
            features=look.features,
            shown=look.shown,
            accessories=look.accessories,
        )

    def _first_look(self, picture: NDArray[np.uint8], detection: Detection) -> Look:
        """The look at the detector's box with the margin that shows a face best."""
        looks = []
        for margin in MARGINS:
            looks.append(self._landmarker.look(picture, _crop_of(detection, margin)))
            if looks[-1].presence > SURE:
                break
        return max(looks, key=lambda look: look.presence)


def _crop_of(detection: Detection, margin: float) -> Crop:
    """A crop around the detector's box, level with its eyes."""
    low, high = detection.box[:2], detection.box[2:]
    x, y = (low + high) / 2
    across = detection.points[1] - detection.points[0]
    angle = float(np.arctan2(across[1], across[0]))
    return Crop(float(x), float(y), float((high - low).max()) * margin, angle)


def _turn_back(hit: Detection, shape: tuple[int, ...], turns: int) -> Detection:
    """A find in `np.rot90(picture, turns)` in the coordinates of the picture of `shape`."""
    height, width = shape[:2]

    def back(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = points[:, 0], points[:, 1]
        turned = {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[turns]
        return np.column_stack(turned)

    corners = back(hit.box.reshape(2, 2))
    return Detection(hit.score, np.concatenate([corners.min(0), corners.max(0)]), back(hit.points))
