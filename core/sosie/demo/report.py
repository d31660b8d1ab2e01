"""`report.json` for machines, `report.html` for people: the same facts, one self-contained page."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image

from sosie.storage import write_file

TEMPLATE = Path(__file__).with_name("report.html.jinja")
PICTURES = (
    ("composite.png", "The composite", "what the artist sees"),
    ("likeness.png", "The likeness layer", "straight alpha, above the untouched plate"),
    ("matte.png", "Its matte", "where the likeness is"),
    ("delivered.jpg", "The delivered file", "labelled, receipted, signed"),
)
SCORES = (
    ("id", "identity: likeness to her, 1 is herself", "higher is better"),
    ("dE00", "colour: mean CIEDE2000 to the truth", "lower is better"),
    ("ssim", "structure: SSIM to the truth", "higher is better"),
)


def write_report(out: Path, report: dict[str, Any]) -> None:
    """Write both files into `out`."""
    write_file(out / "report.json", json.dumps(report, indent=2, ensure_ascii=False, default=str).encode())
    environment = jinja2.Environment(autoescape=True)
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        report=report,
        hero=_embedded(out / "before_after.png", 1680),
        pictures=[(title, note, _embedded(out / name, 480)) for name, title, note in PICTURES],
        scores=[(name, words, better, *_pair(report, name)) for name, words, better in SCORES],
    )
    write_file(out / "report.html", page.encode())


def _pair(report: dict[str, Any], name: str) -> tuple[str, str]:
    scores = report.get("scores", {})
    return tuple(f"{scores[side][name]:.3f}" if scores else "-" for side in ("before", "after"))  # type: ignore[return-value]  # two sides make a pair


def _embedded(path: Path, side: int) -> str:
    """The picture as a data address, at most `side` pixels wide; empty when the story never made it."""
    if not path.exists():
        return ""
    with Image.open(path) as image:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        shown = io.BytesIO()
        kind = "PNG" if image.mode in {"RGBA", "LA"} else "JPEG"
        image.convert("RGBA" if kind == "PNG" else "RGB").save(shown, kind, quality=90)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(shown.getvalue()).decode('ascii')}"
