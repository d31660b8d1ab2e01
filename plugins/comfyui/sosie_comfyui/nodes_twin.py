"""Load Twin and Twin Status: whose likeness, under which licence, for which use."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import asdict

from . import words
from ._sosie.client.twins import usable
from ._sosie.client.use import MEDIA, OPERATIONS, PURPOSES
from ._sosie.errors import SosieError
from .catalogue import NOBODY, fingerprint, label, refusal, status_words
from .errors import SosieNodeError, explain, spoken
from .host import Twin, catalogue, connect, io
from .texts import tr

CATEGORY = "Sosie"
#: How long the registry may take to answer when a graph is queued; then what the agent remembers counts.
ASK_SECONDS = 3.0


def choices() -> list[str]:
    """The values of a twin combo."""
    return [label(twin) for twin in catalogue.known()] or [NOBODY]


async def _ask() -> None:
    """The registry's word on the twins, when it comes in time; else what was known stays."""
    with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.to_thread(catalogue.refreshed), ASK_SECONDS)


class LoadTwin(io.ComfyNode):
    """A licensed twin, and what the picture is for. The handle that comes out holds no likeness and no key."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Inputs are only ever appended: saved workflows hold their values by place."""
        return io.Schema(
            node_id="SosieLoadTwin",
            display_name="Load Twin",
            category=CATEGORY,
            description="Choose a licensed likeness and say what the picture is for.",
            search_aliases=[
                "sosie",
                "likeness",
                "face model",
                "digital double",
                "load face model",
                "licence",
            ],
            inputs=[
                io.Combo.Input("twin", options=choices(), tooltip="A twin this seat is licensed for."),
                io.Combo.Input("purpose", options=list(PURPOSES), tooltip="What the picture is for."),
                io.Combo.Input(
                    "media", options=[words.AS_LICENSED, *MEDIA], tooltip="Where it will be published."
                ),
                io.String.Input(
                    "territory", default="", tooltip="Countries: FR, BE. Empty: all that the licence names."
                ),
                io.Combo.Input("operation", options=list(OPERATIONS), advanced=True),
                io.String.Input(
                    "categories", default="", advanced=True, tooltip="Sensitive categories shown: swimwear."
                ),
            ],
            outputs=[Twin.Output(display_name="twin"), io.String.Output(display_name="status")],
        )

    @classmethod
    async def validate_inputs(cls, twin: str) -> bool | str:
        """Refuse before queueing, with the reason."""
        try:
            await _ask()
            return refusal(catalogue.find(twin)) or True
        except SosieError as error:
            return explain(error)

    @classmethod
    def fingerprint_inputs(cls, twin: str, **_others: str) -> str:
        """Changes with the licence, so that no cached picture outlives it."""
        with contextlib.suppress(SosieError):
            return fingerprint(catalogue.find(twin))
        return "unknown"

    @classmethod
    def execute(
        cls, twin: str, purpose: str, media: str, territory: str, operation: str, categories: str
    ) -> io.NodeOutput:
        """The handle, and the licence in words."""
        with spoken():
            found = catalogue.find(twin)
        if reason := refusal(found):
            raise SosieNodeError(reason)
        use = words.use_of(
            found,
            purpose=purpose,
            media=media,
            territory=territory,
            operation=operation,
            categories=categories,
        )
        handle = {
            "twin": found.twin,
            "name": found.display_name,
            "licence": found.licence,
            "use": asdict(use),
        }
        text = status_words(found, time.time())
        return io.NodeOutput(handle, text, ui={"text": (text,)})


class TwinStatus(io.ComfyNode):
    """How a licence stands, in words and numbers; never refuses, so that the reason can be read."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """A twin; its state."""
        return io.Schema(
            node_id="SosieTwinStatus",
            display_name="Twin Status",
            category=CATEGORY,
            description="What is left of a licence, and the state of the agent.",
            search_aliases=["sosie", "licence", "quota", "expiry"],
            inputs=[io.Combo.Input("twin", options=choices())],
            outputs=[
                io.String.Output(display_name="status"),
                io.Boolean.Output(display_name="usable"),
                io.Int.Output(display_name="renders left"),
                io.Int.Output(display_name="deliveries left"),
            ],
            is_output_node=True,
        )

    @classmethod
    async def validate_inputs(cls, twin: str) -> bool:
        """Every twin may be asked about."""
        return bool(twin)

    @classmethod
    def fingerprint_inputs(cls, twin: str) -> str:
        """Each run asks again."""
        return f"{twin}:{time.time_ns()}"

    @classmethod
    def execute(cls, twin: str) -> io.NodeOutput:
        """Ask the registry, through the agent."""
        with spoken():
            catalogue.refreshed()
            found = catalogue.find(twin)
            with connect(start=False) as session:
                agent = session.status()
        engine = tr("Agent {version}, renders on {place}; {registry}").format(
            version=agent.version, place=agent.provider or tr("not yet used"), registry=agent.registry
        )
        text = f"{status_words(found, time.time())}\n{engine}"
        return io.NodeOutput(
            text, usable(found), found.renders_left, found.delivered_left, ui={"text": (text,)}
        )
