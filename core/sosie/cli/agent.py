"""`sosie agent`: the process that hosts speak with."""

from __future__ import annotations

import time

import click

from sosie.cli.console import emit, json_option
from sosie.cli.options import words_of
from sosie.errors import AgentError


@click.group()
def agent() -> None:
    """Start, enrol, look at or stop this machine's agent."""


@agent.command()
@json_option
def start(as_json: bool) -> None:
    """Start the agent, when it is not running; Krita, Blender and ComfyUI do this by themselves."""
    from sosie.client import discovery, folders
    from sosie.client.session import Session

    discovery.record_python(folders.home())  # so that a host, whose Python is not ours, can start it too
    with Session.connect("sosie agent start") as session:
        status = session.status()
    emit(words_of(status), f"The agent runs (process {status.pid}).", as_json=as_json)


@agent.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def run(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the agent in this process (what `start` does in one of its own); `--help` lists its options."""
    from sosie.agent.main import main

    context.exit(main(list(arguments)))


@agent.command()
@click.option("--registry", "url", required=True, help="The registry's address.")
@click.option("--code", prompt=True, help="The seat's one-time code, from the brand's administrator.")
@json_option
def enrol(url: str, code: str, as_json: bool) -> None:
    """Sign this machine in with a seat's one-time code; `sign-in` needs none."""
    from sosie.client import discovery, folders
    from sosie.client.session import Session

    discovery.record_python(folders.home())
    with Session.connect("sosie agent enrol") as session:
        account = session.enrol(url, code)
    emit(account, f"This machine is enrolled at {url}.", as_json=as_json)


@agent.command("sign-in")
@click.option("--registry", "url", required=True, help="The registry's address.")
@json_option
def sign_in(url: str, as_json: bool) -> None:
    """Sign this machine in: show a code and a link, and wait until somebody of the brand has approved it.

    Code and link go to standard error, so that --json prints who is signed in, and nothing else.
    """
    from sosie.client import discovery, folders
    from sosie.client.session import Session

    discovery.record_python(folders.home())
    with Session.connect("sosie agent sign-in") as session:
        begun = session.sign_in(url)
        click.echo(f"Code  {begun.code}\nLink  {begun.link}", err=True)
        click.echo("Have somebody of your brand open the link and approve the code. Waiting ...", err=True)
        while (found := session.sign_in_state()).state == "waiting":
            time.sleep(begun.interval)
    if found.state != "signed_in":
        raise AgentError(
            "The brand denied this sign-in." if found.state == "denied" else "Nobody approved it in time.",
            remedy="Ask your brand's administrator, then sign in again.",
            code=f"sign_in_{found.state}",
        )
    emit(words_of(found), f"{found.seat} is signed in at {found.registry}.", as_json=as_json)


@agent.command("sign-out")
@json_option
def sign_out(as_json: bool) -> None:
    """Sign this machine out: its leases are returned, its keys and packs removed."""
    from sosie.client.session import Session

    with Session.connect("sosie agent sign-out") as session:
        session.sign_out()
    emit({"signed_out": True}, "Nobody is signed in on this machine now.", as_json=as_json)


@agent.command()
@json_option
def status(as_json: bool) -> None:
    """Say how the agent is: leases, queue, provider, journal."""
    from sosie.client.session import Session

    with Session.connect("sosie agent status", start=False) as session:
        found = session.status()
        seat = session.sign_in_state().seat if found.seat else "-"  # by its name
    lines = [
        f"agent     {found.version}, process {found.pid}, since {_clock(found.started_at)}",
        f"registry  {found.registry or 'not enrolled'}{'' if found.reachable or not found.registry else ' (does not answer)'}",
        f"seat      {seat} on device {found.device or '-'}",
        f"renders   on {found.provider or 'nothing yet'}; {found.running} running, {found.waiting} waiting",
        f"sessions  {found.clients} open",
        f"journal   {found.journal_entries} entries, {found.journal_unsent} not yet at the registry",
        *(
            f"lease     {lease.twin}: {lease.renders_left} renders until {_clock(lease.not_after)}"
            for lease in found.leases
        ),
        *(f"warning   {warning}" for warning in found.warnings),
        *(() if found.warnings else ("all is well",)),
    ]
    emit(words_of(found), "\n".join(lines), as_json=as_json)


@agent.command()
@json_option
def twins(as_json: bool) -> None:
    """The twins this seat may use, and what is left of each licence."""
    from sosie.client.session import Session

    with Session.connect("sosie agent twins") as session:
        found = session.twins()
    lines = [
        f"{t.twin}  {t.display_name:<20} {t.state:<9} {', '.join(t.territory)} until {_clock(t.not_after)}, "
        f"{t.renders_left} renders and {t.delivered_left} deliveries left"
        for t in found
    ]
    emit(
        [words_of(t) for t in found],
        "\n".join(lines) or "No twins: ask the brand for a licence.",
        as_json=as_json,
    )


@agent.command()
@json_option
def stop(as_json: bool) -> None:
    """Stop the agent; a job that runs ends as cancelled. An agent that is not there is no error."""
    from sosie.client.session import Session

    try:
        with Session.connect("sosie agent stop", start=False) as session:
            session.stop()
    except AgentError as error:
        if error.code != "agent_not_running":
            raise
        emit({"stopped": False}, "The agent was not running.", as_json=as_json)
        return
    emit({"stopped": True}, "The agent has stopped.", as_json=as_json)


def _clock(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
