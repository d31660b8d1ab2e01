"""Detect Faces and Similarity: looking, without a likeness being made."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from . import pixels
from ._sosie.errors import FaceNotFoundError
from ._sosie.messages import CompareRequest, FaceChoice, FaceInfo
from .applying import Handle
from .attending import Attended
from .errors import spoken
from .host import Twin, attended, io, preview, tensor
from .texts import tr

CATEGORY = "Sosie"
MARK = (64, 224, 208)


class DetectFaces(io.ComfyNode):
    """Boxes, landmarks and, where a twin is connected, whether a face is hers."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """A batch; boxes per frame as ComfyUI's own detectors give them."""
        return io.Schema(
            node_id="SosieDetectFaces",
            display_name="Detect Faces",
            category=CATEGORY,
            description="The faces of each frame, counted from the left.",
            search_aliases=["sosie", "face detection", "landmarks", "bounding box", "who is this"],
            inputs=[io.Image.Input("image"), Twin.Input("twin", optional=True, tooltip="Is a face hers?")],
            outputs=[
                io.BoundingBox.Output(display_name="boxes"),
                io.Image.Output(display_name="landmarks"),
                io.String.Output(display_name="identity"),
                io.Int.Output(display_name="count"),
            ],
        )

    @classmethod
    def execute(cls, image: Any, twin: Handle | None = None) -> io.NodeOutput:
        """Frame by frame."""
        frames = pixels.frames_of(image)
        boxes, lines = [], []
        drawn = np.empty((*frames.shape[:3], 3), np.float32)
        with spoken(), attended() as agent:
            for number, frame in enumerate(frames):
                sent = pixels.send(agent.session.pixels, frame)
                faces = agent.run(lambda _p, _v, sent=sent: agent.session.faces(sent))
                names = [_name(agent, sent, face, twin) for face in faces]
                agent.session.pixels.release(sent)
                boxes.append([_box(face, name) for face, name in zip(faces, names, strict=True)])
                drawn[number] = _draw(frame, faces)
                for place, (face, name) in enumerate(zip(faces, names, strict=True)):
                    line = tr("Frame {frame}, face {place}: {name}, turned {degrees} degrees")
                    if len(frames) == 1:
                        line = tr("Face {place}: {name}, turned {degrees} degrees")
                    degrees = f"{face.yaw:.0f}"
                    lines.append(line.format(frame=number + 1, place=place, name=name, degrees=degrees))
                agent.stage.show((number + 1) / len(frames))
        text = "\n".join(lines) or tr("No face found.")
        count = max(len(found) for found in boxes)
        return io.NodeOutput(boxes, tensor(drawn), text, count, ui=preview(drawn, text))


class Similarity(io.ComfyNode):
    """Are two faces one person? A second picture, or a licensed twin."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Two pictures, or a picture and a twin."""
        return io.Schema(
            node_id="SosieSimilarity",
            display_name="Face Similarity",
            category=CATEGORY,
            description="How alike the largest faces of two pictures are; 1 is identical.",
            search_aliases=["sosie", "face similarity", "compare faces", "identity check"],
            inputs=[
                io.Image.Input("image"),
                io.Image.Input("other", optional=True),
                Twin.Input("twin", optional=True),
            ],
            outputs=[
                io.Float.Output(display_name="similarity"),
                io.String.Output(display_name="text"),
                io.Boolean.Output(display_name="same person"),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, image: Any, other: Any = None, twin: Handle | None = None) -> io.NodeOutput:
        """The first frame of each."""
        with spoken(), attended() as agent:
            folder = agent.session.pixels
            request = CompareRequest(
                picture=pixels.send(folder, pixels.frames_of(image)[0]),
                other=None if other is None else pixels.send(folder, pixels.frames_of(other)[0]),
                twin=twin["twin"] if twin and other is None else "",
            )
            alike = agent.run(lambda _p, _v: agent.session.compare(request))
        verdict = tr("the same person") if alike.same_person else tr("two people")
        text = tr("Similarity {figure}: {verdict}.").format(figure=f"{alike.similarity:.3f}", verdict=verdict)
        return io.NodeOutput(alike.similarity, text, alike.same_person, ui={"text": (text,)})


def found_in(agent: Attended, frames: pixels.Array) -> list[list[dict[str, Any]]]:
    """The faces of each frame, left to right, as a BOUNDING_BOX."""
    boxes = []
    for frame in frames:
        sent = pixels.send(agent.session.pixels, frame)
        faces = agent.run(lambda _p, _v, sent=sent: agent.session.faces(sent))
        agent.session.pixels.release(sent)
        boxes.append([_box(face, "face") for face in faces])
    return boxes


def _box(face: FaceInfo, label: str) -> dict[str, Any]:
    x0, y0, x1, y1 = face.box
    return {"x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0, "label": label, "score": face.score}


def _name(agent: Attended, sent: Any, face: FaceInfo, twin: Handle | None) -> str:
    if twin is None:
        return tr("somebody")
    request = CompareRequest(picture=sent, face=FaceChoice(box=face.box), twin=twin["twin"])
    try:
        alike = agent.run(lambda _p, _v: agent.session.compare(request))
    except FaceNotFoundError:
        return tr("somebody")
    who = twin["name"] if alike.same_person else tr("not {name}").format(name=twin["name"])
    return f"{who} ({alike.similarity:.2f})"


def _draw(frame: pixels.Array, faces: list[FaceInfo]) -> pixels.Array:
    picture = Image.fromarray(np.round(np.clip(frame[..., :3], 0, 1) * 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for face in faces:
        size = max(1.0, (face.box[2] - face.box[0]) / 250)
        pen.rectangle(face.box, outline=MARK, width=max(1, round(size * 2)))
        for x, y in face.landmarks:
            pen.ellipse((x - size, y - size, x + size, y + size), fill=MARK)
    return np.asarray(picture, np.float32) / 255
