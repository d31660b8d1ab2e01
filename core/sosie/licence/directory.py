"""Who is at a registry, as those who may know are told."""

from __future__ import annotations

from sosie.licence.exchange import Answer, Role


class PartyInfo(Answer):
    """An account of somebody."""

    id: str
    role: Role
    name: str
    agency: str | None  # a talent's
    likeness: str  # a talent's: person, synthetic, blended
    enrolled: bool  # a talent: she has a key
    usable: bool  # a talent: a twin of hers can be licensed
    credit: bool  # a brand: licences may be put on credit
    since: int


class DeviceInfo(Answer):
    """A machine: active, suspended (its journal contradicts the registry) or left."""

    id: str
    name: str
    state: str
    since: int
    brand: str = ""


class SeatDevices(Answer):
    """A seat and its machines."""

    id: str
    name: str
    devices: tuple[DeviceInfo, ...]
