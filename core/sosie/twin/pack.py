"""The pack: a twin, locked, in one file. The format is written down in `pack_format`."""

from sosie.twin.header import TwinHeader
from sosie.twin.pack_format import Section
from sosie.twin.pack_read import PackSummary, inspect_pack, pack_digest, read_pack
from sosie.twin.pack_write import SectionValue, write_pack

__all__ = [
    "PackSummary",
    "Section",
    "SectionValue",
    "TwinHeader",
    "inspect_pack",
    "pack_digest",
    "read_pack",
    "write_pack",
]
