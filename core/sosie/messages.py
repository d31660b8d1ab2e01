"""What crosses between rooms and over the agent's wire: frozen dataclasses, standard library only.

Host packages carry this file, so it imports nothing of Sosie. Every message goes to JSON and back with
`sosie.codec`; pixels never do: they lie in a memory-mapped file that a `Pixels` names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Depth = Literal["u8", "u16", "f16", "f32"]
Channels = Literal["RGB", "RGBA", "BGRA", "L"]
#: `srgb` is sRGB primaries with the sRGB transfer curve; `linear-srgb` the same primaries, linear light.
ColourSpace = Literal["srgb", "linear-srgb"]
#: `composite` is the finished picture; `flat` its colours where anything changed, as one layer; `matte` that layer's
#: alpha. The others are the same result in parts: see `LayerInfo`.
LayerName = Literal["composite", "flat", "matte", "relief", "skin", "likeness", "shading", "detail"]
#: In the plate's own encoding, as Krita and GIMP have it; `grain-merge` is below + layer - half (127, 32767 or 0.5).
Blend = Literal["normal", "multiply", "grain-merge"]
#: How faces are counted when one is chosen by its index.
FaceOrder = Literal["left-right", "right-left", "top-bottom", "bottom-top", "large-small", "small-large"]
#: Interactive work goes before batches; see `agent/jobs.py`.
Priority = Literal["interactive", "batch"]
#: The version of this file's vocabulary; client and agent refuse each other when it differs.
PROTOCOL = 5


@dataclass(frozen=True)
class Pixels:
    """A picture in a memory-mapped file: interleaved rows without padding, top-down unless said."""

    path: str
    width: int
    height: int
    depth: Depth
    channels: Channels
    colour: ColourSpace = "srgb"
    bottom_up: bool = False


@dataclass(frozen=True)
class FaceChoice:
    """Which face of the plate: by index, box, point, mask or likeness; nothing chosen means the largest face.

    Coordinates are plate pixels, x right, y down, the top-left corner of the picture at (0, 0).
    """

    point: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None  # x0, y0, x1, y1
    index: int | None = None
    order: FaceOrder = "left-right"  # how `index` counts
    mask: Pixels | None = None  # L, of the plate's size: the face it covers most
    like: Pixels | None = None  # a picture of the person to find, its largest face


@dataclass(frozen=True)
class Use:
    """What the artist says the picture is for; both gates hold it against the licence."""

    purpose: str = "ecommerce"
    media: tuple[str, ...] = ("web_owned",)
    territory: tuple[str, ...] = ()
    operation: str = "restage"
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class RenderOptions:
    """What a retoucher may turn."""

    strength: float = 1.0  # 0 is the plate, 1 the full likeness
    skin: bool = True  # neck, ears and hands take the twin's tone
    grain: bool = True  # the plate's own grain on the likeness
    brows: bool = True  # the twin's brows; off keeps the plate's
    lips: bool = True  # the twin's lips; off keeps the plate's
    tone: bool = True  # the twin's skin tone; off keeps the plate's
    detail: float = 1.0  # the twin's pores and lines: 0 none, 1 as captured, up to 2
    exposure: float = 0.0  # of the twin's skin, in stops beside what the plate's light says: -2 to 2


@dataclass(frozen=True)
class RenderRequest:
    """One likeness onto one plate."""

    plate: Pixels
    twin: str
    use: Use
    face: FaceChoice = field(default_factory=FaceChoice)
    mask: Pixels | None = None  # L; where the host allows the likeness (it always wins)
    options: RenderOptions = field(default_factory=RenderOptions)
    layers: tuple[LayerName, ...] = ("composite", "flat", "matte")
    cropped: bool = False  # layers of the changed region alone, the result's box; the composite stays whole
    priority: Priority = "interactive"
    preview: bool = False  # whether a small picture comes first
    sequence: str = ""  # frames sent in order under one name get steady landmarks, light and matte


@dataclass(frozen=True)
class FaceInfo:
    """A face found in a picture; coordinates as in `FaceChoice`, angles in degrees as in `faces.Pose`."""

    box: tuple[float, float, float, float]  # x0, y0, x1, y1
    score: float  # the detector's confidence, 0 to 1
    yaw: float
    pitch: float
    roll: float
    landmarks: tuple[tuple[float, float], ...]  # 478 points


@dataclass(frozen=True)
class CompareRequest:
    """Are these two faces one person? `other` is a second picture, or `twin` names a licensed twin."""

    picture: Pixels
    face: FaceChoice = field(default_factory=FaceChoice)
    other: Pixels | None = None
    other_face: FaceChoice = field(default_factory=FaceChoice)
    twin: str = ""


@dataclass(frozen=True)
class Similarity:
    """How alike two faces are."""

    distance: float  # of the embeddings, 0 upwards; below 0.6 is the same person
    similarity: float  # 1 - distance / 2, 1 is identical
    same_person: bool


@dataclass(frozen=True)
class Grant:
    """What the render gate allowed: the verified extract of a lease that plugins and hosts may see."""

    licence: str
    lease: str
    twin: str
    revision: int
    seat: str
    device: str
    renders_left: int
    not_after: int  # Unix seconds, UTC


@dataclass(frozen=True)
class LayerInfo:
    """A part of the result in a stack: all five, bottom to top over the plate, are the composite.

    `relief` is there wherever anything changed, so a group of the five needs no plate within it; over a plate with
    transparency the group must keep the plate's alpha. Straight alpha, 0 outside the result's box.
    """

    name: LayerName
    blend: Blend
    opacity: float = 1.0


@dataclass(frozen=True)
class RenderResult:
    """A finished job."""

    job: str
    twin: str
    licence: str
    layers: dict[str, Pixels]  # those asked for
    box: tuple[int, int, int, int]  # changed region of the plate: x0, y0, x1, y1
    confidence: float  # 0 to 1
    reasons: tuple[str, ...]  # why the confidence is not 1, in words
    provider: str  # ONNX Runtime's active execution provider
    seconds: float
    stack: tuple[LayerInfo, ...] = ()  # those of `layers` that are parts, bottom to top


@dataclass(frozen=True)
class HeadRequest:
    """A twin as a head for a 3D program; the gate is asked for the operation `restage`."""

    twin: str
    use: Use


@dataclass(frozen=True)
class Head:
    """A head, as files in the session's pixel folder: copy them out before the session ends.

    `mesh` is a `.npz` of plain arrays (`sosie.twin.head.Head` says which, in which frame, and `names` of the shapes);
    `maps` are PNG files: `albedo` sRGB, `roughness` and `relief` (a height map, 128 is level) without colour.
    """

    job: str
    twin: str
    licence: str
    revision: int
    mesh: str
    maps: dict[str, str]
    iris: tuple[float, float, float]  # linear reflectance


@dataclass(frozen=True)
class DeliverRequest:
    """A finished picture for the registry to check, mark, record and sign.

    Exactly one of `picture` (pixels of a host) and `file` (an encoded JPEG or PNG in the session's pixel
    folder) is given.
    """

    twin: str
    use: Use
    picture: Pixels | None = None
    file: str | None = None
    mime: Literal["image/jpeg", "image/png"] = "image/jpeg"  # of the delivered file
    job: str = ""  # the render it came from, where there was one


@dataclass(frozen=True)
class Delivery:
    """A delivered file: the registry signed it, and a receipt stands in its log."""

    file: str  # in the session's pixel folder; copy it out before the session ends
    receipt: str
    licence: str
    twin: str
    leaf_index: int
    sha256: str
    delivered_left: int


@dataclass(frozen=True)
class SignIn:
    """A sign-in that waits for somebody to approve its code (RFC 8628)."""

    code: str  # short, to be read aloud: "WDJB-MJHT"
    link: str  # where to approve it; carries the code
    expires_at: int  # Unix seconds, UTC
    interval: int  # seconds to wait between two questions


@dataclass(frozen=True)
class SignInState:
    """How a sign-in stands."""

    state: Literal["waiting", "signed_in", "denied", "expired"]
    registry: str = ""
    seat: str = ""
    device: str = ""


@dataclass(frozen=True)
class LeaseInfo:
    """A lease this machine holds."""

    lease: str
    licence: str
    twin: str
    renders_left: int
    not_after: int  # Unix seconds, UTC


@dataclass(frozen=True)
class AgentStatus:
    """How the agent on this machine is."""

    version: str
    pid: int
    started_at: int  # Unix seconds, UTC
    registry: str  # its address, or "" before enrolment
    reachable: bool  # whether the registry answered just now
    seat: str
    device: str
    provider: str  # ONNX Runtime's active execution provider, or "" before the first render
    clients: int
    running: int
    waiting: int
    leases: tuple[LeaseInfo, ...]
    journal_entries: int
    journal_unsent: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class TwinInfo:
    """A twin this seat may use, as a list in a host shows it."""

    twin: str
    licence: str
    display_name: str
    revision: int
    state: str  # active, suspended, expired, revoked
    territory: tuple[str, ...]
    media: tuple[str, ...]
    not_after: int
    renders_left: int
    delivered_left: int
    thumbnail: str = ""  # a JPEG in the session's pixel folder, or "" where none is at hand
    purpose: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    prohibited: tuple[str, ...] = ()  # categories
    reason: str = ""  # why it cannot be used now, in words; "" when it can
    remedy: str = ""
    epoch: str = ""  # changes whenever a render under this licence could differ or be refused
