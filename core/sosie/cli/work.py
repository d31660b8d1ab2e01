"""`sosie deliver` and `verify`: what makes a picture licensed, and what anybody can ask of it.

Delivering goes through the agent, exactly as from Krita, Blender or ComfyUI.
"""

from __future__ import annotations

from pathlib import Path

import click

from sosie.cli.console import emit, json_option, progress_bar
from sosie.cli.options import new_path, now, picture_path, use_options, words_of
from sosie.errors import VerificationError
from sosie.messages import (
    DeliverRequest,
    Use,
)


@click.command()
@click.argument("picture", type=picture_path)
@click.option("--twin", required=True, help="Id of the twin in the picture.")
@click.option("--out", type=new_path, required=True, help="The signed file: .jpg or .png.")
@use_options
@json_option
def deliver(
    picture: Path,
    twin: str,
    out: Path,
    use: Use,
    as_json: bool,
) -> None:
    """Send the final PICTURE through the deliver gate and receive the signed file.

    The registry checks scope, quota and revocation, labels the picture, writes the receipt and pays the talent.
    """
    from sosie.client.session import Session
    from sosie.easel import put
    from sosie.pictures import read_picture
    from sosie.storage import write_file

    final = read_picture(picture)
    with Session.connect("sosie deliver") as session, progress_bar("Delivering") as move:
        request = DeliverRequest(
            twin=twin,
            use=use,
            picture=put(session, final),
            mime="image/png" if out.suffix.lower() == ".png" else "image/jpeg",
        )
        delivery = session.deliver(request, move)
        write_file(out, Path(delivery.file).read_bytes())
    words = f"{out} is licensed. Receipt {delivery.receipt}; {delivery.delivered_left} deliveries left."
    emit({**words_of(delivery), "file": str(out)}, words, as_json=as_json)


@click.command()
@click.argument("file", type=picture_path)
@click.option(
    "--root", type=picture_path, default=None, help="The registry's root.json.  [default: this machine's]"
)
@click.option("--registry", "url", default=None, help="Ask this registry too.  [default: this machine's]")
@click.option("--offline", is_flag=True, help="Do not ask the registry.")
@json_option
def verify(file: Path, root: Path | None, url: str | None, offline: bool, as_json: bool) -> None:
    """Say whether FILE is a licensed picture, unaltered. Exit status 0 only when it is."""
    from sosie.cli.trust import anchor
    from sosie.provenance.verify import verify_file

    trusted, lookup = anchor(root, url, offline=offline)
    verdict = verify_file(file, root=trusted, registry=lookup, now=now())
    result = words_of(verdict)
    mark = "Trusted" if verdict.trusted else "NOT trusted"
    lines = [f"{mark}: {file}", *(f"  {finding.message}" for finding in verdict.findings)]
    emit(result, "\n".join(lines), as_json=as_json)
    if not verdict.trusted:
        worst = verdict.findings[0]
        raise VerificationError(worst.message, remedy=worst.remedy, code=worst.code)
