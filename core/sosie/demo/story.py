"""The main job as one story: enrol, consent, capture, license, render, deliver, verify, refuse, revoke.

Every step is the real one: HTTP to a registry process, a local socket to an agent process, files on disk. A step
that does not do what it says ends the story with its error; the report is written either way.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sosie.client.session import Session
from sosie.demo.cast import Cast, choose_cast
from sosie.demo.recorder import Recorder, refused
from sosie.demo.report import write_report
from sosie.demo.showpiece import before_after
from sosie.demo.world import World
from sosie.easel import put, save
from sosie.errors import SosieError, VerificationError
from sosie.faces import Faces
from sosie.messages import DeliverRequest, Delivery, LayerName, RenderRequest, RenderResult, Use
from sosie.models import ModelStore
from sosie.pictures import Picture, read_picture, write_picture
from sosie.provenance.verify import verify_file
from sosie.storage import write_file
from sosie.studio import photographs_in

ALLOWED = Use(purpose="ecommerce", media=("web_owned",), territory=("FR",), operation="restage")
ABROAD = Use(purpose="ecommerce", media=("web_owned",), territory=("JP",), operation="restage")
FILES: dict[LayerName, str] = {"composite": "composite.png", "flat": "likeness.png", "matte": "matte.png"}


def tell(out: Path, people: Path | None, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Run the story, write everything into `out`, return the report.

    Raises:
        SosieError: the first step that did not do what it says.
    """
    cast = choose_cast(people)
    out.mkdir(parents=True, exist_ok=True)
    record = Recorder(say)
    report: dict[str, Any] = {"steps": record.steps, "cast": cast.words()}
    say("Nobody in this story exists: talent and stand-in are synthetic people.")
    folder = Path(tempfile.mkdtemp(prefix="sosie-demo-"))
    try:
        with World(folder) as world:
            _enrol(world, record, report)
            twin = _capture(world, cast, record, report)
            _license(world, twin, record, report)
            with world.enrol_machine() as session:
                picture = _render(session, cast, twin, out, record, report)
                delivery = _deliver(session, twin, picture, out, record)
                _verify(world, out, record, report)
                _refuse(session, twin, picture, record)
                _revoke(world, session, twin, picture, record, report)
            report["receipt"] = {name: value for name, value in asdict(delivery).items() if name != "file"}
            report["statement"] = world.people.registry(world.people.get("talent")).statement().model_dump()
    except SosieError as error:
        report["error"] = error.as_dict()
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        report["ok"] = "error" not in report and all(step["ok"] for step in record.steps)
        write_report(out, report)
    return report


def _enrol(world: World, record: Recorder, report: dict[str, Any]) -> None:
    with record.step("registry", "A registry starts: its own process, HTTP on loopback, SQLite"):
        world.start_registry()
    with record.step("enrol", "Agency, talent and brand join; each makes her own keys"):
        report["parties"] = world.enrol_people()
    with record.step("consent", "The talent signs her consent: Europe, auto-approval in scope"):
        report["consent"] = world.sign_consent().model_dump()


def _capture(world: World, cast: Cast, record: Recorder, report: dict[str, Any]) -> str:
    faces = Faces(ModelStore.default())
    with record.step("capture", "Nine photographs become a twin, locked into a pack") as step:
        packed = world.make_twin(photographs_in(cast.captures), faces=faces, progress=lambda *_: None)
        step["pack_bytes"], step["views"] = packed.path.stat().st_size, list(packed.header.views)
    with record.step("upload", "The pack goes to the registry, bound to the consent's hash"):
        report["twin"] = world.upload(packed).model_dump()
    return packed.header.twin


def _license(world: World, twin: str, record: Recorder, report: dict[str, Any]) -> None:
    with record.step("licence", "The brand asks; agency and talent approve; the licence is active"):
        licence = world.license(twin)
        report["licence"] = licence.model_dump(exclude={"token"})


def _render(
    session: Session, cast: Cast, twin: str, out: Path, record: Recorder, report: dict[str, Any]
) -> Picture:
    from sosie.bench.quality import scores

    plate = read_picture(cast.plate)
    write_picture(out / "plate.png", plate)
    with record.step("render", "The agent leases, opens the pack, and renders onto the plate") as step:
        request = RenderRequest(plate=put(session, plate), twin=twin, use=ALLOWED, layers=tuple(FILES))
        result: RenderResult = session.render(request)
        for name, file in FILES.items():
            save(session, result.layers[name], out / file, plate)
        step.update(confidence=result.confidence, reasons=list(result.reasons), render_seconds=result.seconds)
        report["execution_provider"] = result.provider
        report["lease"] = [asdict(lease) for lease in session.status().leases]
    composite = read_picture(out / "composite.png")
    with record.step("score", "The picture is held against the truth: the same scene with her in it"):
        before, after = scores(plate, cast.truth_stem), scores(composite, cast.truth_stem)
        report["scores"] = {"before": before, "after": after}
        _require_better(before, after)
    write_picture(out / "before_after.png", before_after(plate, composite, cast))
    return composite


def _require_better(before: dict[str, float], after: dict[str, float]) -> None:
    worse = [
        name
        for name, better in (("id", 1), ("dE00", -1), ("ssim", 1))
        if not better * after[name] > better * before[name]
    ]
    if worse:
        raise VerificationError(
            f"The likeness is no better than the plate in {', '.join(worse)}.",
            remedy="Look at out/demo/before_after.png, and report it.",
            code="likeness_missed",
        )


def _deliver(session: Session, twin: str, picture: Picture, out: Path, record: Recorder) -> Delivery:
    with record.step("deliver", "The registry checks, labels, receipts, pays and signs the picture") as step:
        delivery = session.deliver(_delivery(session, twin, picture, ALLOWED))
        write_file(out / "delivered.jpg", Path(delivery.file).read_bytes())
        step["bytes"] = (out / "delivered.jpg").stat().st_size
    return delivery


def _verify(world: World, out: Path, record: Recorder, report: dict[str, Any]) -> None:
    delivered, lookup = out / "delivered.jpg", world.people.registry(world.people.get("talent"))
    with record.step("verify", "Anybody verifies the file: offline, and against the registry"):
        offline = verify_file(delivered, root=world.root(), registry=None)
        online = verify_file(delivered, root=world.root(), registry=lookup)
        _require(offline.trusted and online.trusted, "The delivered file does not verify.")
        report["verify"] = {"c2pa_state": online.c2pa_state, "registry": online.registry}
    with record.step("tamper", "One byte is changed: the file is not trusted any more") as step:
        data = bytearray(delivered.read_bytes())
        data[len(data) // 2] ^= 1
        altered = world.folder / "altered.jpg"
        altered.write_bytes(data)
        verdict = verify_file(altered, root=world.root(), registry=lookup)
        _require(not verdict.trusted, "An altered file still verifies.")
        step["findings"] = [finding.message for finding in verdict.findings]


def _refuse(session: Session, twin: str, picture: Picture, record: Recorder) -> None:
    with record.step("refuse_render", "A render for Japan is refused by the agent, offline") as step:
        request = RenderRequest(plate=put(session, picture), twin=twin, use=ABROAD)
        step["refusal"] = refused(lambda: session.render(request), "territory_not_licensed")
    with record.step("refuse_delivery", "A delivery to Japan is refused by the registry") as step:
        ask = _delivery(session, twin, picture, ABROAD)
        step["refusal"] = refused(lambda: session.deliver(ask), "territory_not_licensed")


def _revoke(
    world: World, session: Session, twin: str, picture: Picture, record: Recorder, report: dict[str, Any]
) -> None:
    with record.step("revoke", "The talent takes her consent back"):
        report["revocation"] = [done.model_dump() for done in world.revoke()]
    with record.step("refuse_revoked", "The next delivery is refused at once") as step:
        ask = _delivery(session, twin, picture, ALLOWED)
        step["refusal"] = refused(lambda: session.deliver(ask), "consent_revoked", "licence_revoked")


def _delivery(session: Session, twin: str, picture: Picture, use: Use) -> DeliverRequest:
    return DeliverRequest(twin=twin, use=use, picture=put(session, picture))


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise VerificationError(message, remedy="Run `sosie doctor`, and report it.", code="demo_failed")
