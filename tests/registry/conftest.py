"""A registry on loopback, real HTTP, its own folder; and the people who use it, each with keys of their own."""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from PIL import Image

from sosie.licence import exchange, jws, keys
from sosie.licence.documents import Consent, Revocation, TermsApproval
from sosie.licence.root import TrustedRoot
from sosie.messages import Use
from sosie.registry.serve import serve
from sosie.registry.settings import Settings
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig
from sosie.twin.header import TwinHeader
from sosie.twin.pack_write import write_pack

NOW = int(time.time())  # certificates are checked against the real clock
PACK_KEY = b"k" * 32
INTENDED_USE = (
    "Product pages and newsletters of the autumn collection: coats and knitwear, "
    "studio background, no other person in the picture."
)
USE = Use(territory=("FR",))


class Clock:
    """Time that moves when it is told to."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@dataclass
class Machine:
    """A device: its keys and its view of the registry."""

    id: str
    seat: str
    registry: Registry
    token: str
    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey

    @property
    def thumbprint(self) -> str:
        return keys.thumbprint(self.signing.public_key())


@dataclass
class World:
    """Everybody at one registry."""

    url: str
    data: Path
    clock: Clock
    tmp: Path
    operator: Registry
    database_url: str | None = None

    def registry(self, token: str | None = None) -> Registry:
        return Registry(HttpsTransport(RegistryConfig(url=self.url, token=token)))

    def root(self) -> TrustedRoot:
        return TrustedRoot.load(self.registry().root(), now=self.clock.now)

    def party(self, role: str, **more: Any) -> tuple[Registry, str, Ed25519PrivateKey]:
        invitation = self.operator.create_party(
            exchange.NewParty(role=role, name=f"the {role}", **more)  # type: ignore[arg-type]
        )
        key = Ed25519PrivateKey.generate()
        public = keys.public_text(key.public_key()) if role == "talent" else None
        account = self.registry().enrol(exchange.Enrolment(code=invitation.code, signing_key=public))
        return self.registry(account.token), account.id, key

    def machine(self, brand: Registry) -> Machine:
        invitation = brand.create_seat(exchange.NewSeat(name="retoucher"))
        signing, sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        account = self.registry().enrol(
            exchange.Enrolment(
                code=invitation.code,
                signing_key=keys.public_text(signing.public_key()),
                sealing_key=keys.public_text(sealing.public_key()),
                name="studio-1",
            )
        )
        assert account.seat == invitation.id
        return Machine(
            account.id, invitation.id, self.registry(account.token), account.token, signing, sealing
        )

    def pack(self, talent: str, consent_sha256: str, twin: str | None = None) -> tuple[Path, str, str]:
        twin = twin or f"twn_{secrets.token_hex(8)}"
        header = TwinHeader(
            twin=twin,
            talent=talent,
            revision=1,
            consent_sha256=consent_sha256,
            created_at=self.clock.now,
            texture_px=16,
            views=("front",),
        )
        path = self.tmp / f"{twin}.pack"
        sections = {"texture": np.zeros((16, 16, 3), np.float32)}
        digest = write_pack(
            path, header, sections, key=PACK_KEY, thumbnail=b"", nonce_source=secrets.token_bytes
        )
        return path, twin, digest

    def upload(
        self, account: Registry, path: Path, twin: str, digest: str, consent: str
    ) -> exchange.TwinRecord:
        info = keys.pack_info(pack_sha256=digest, consent_sha256=consent)
        sealed = keys.wrap(PACK_KEY, self.root().pack_key, info=info)
        return account.upload_pack(path, twin=twin, pack_sha256=digest, wrapped_key=sealed)


@dataclass
class Cast:
    """One talent with agency, brand and machine, her consent recorded and her twin handed in."""

    world: World
    talent: Registry
    talent_id: str
    talent_key: Ed25519PrivateKey
    agency: Registry
    agency_id: str
    brand: Registry
    brand_id: str
    device: Machine
    consent: Consent
    twin: str
    pack_sha256: str

    def request(self, **changes: Any) -> exchange.LicenceRecord:
        now = self.world.clock.now
        ask = {
            "twin": self.twin,
            "advertiser": "Maison Example",
            "product_lines": ("coats",),
            "intended_use": INTENDED_USE,
            "territory": ("FR", "DE"),
            "media": ("web_owned", "email"),
            "not_before": now - 60,
            "not_after": now + 90 * 86_400,
            "rate": {"currency": "EUR", "per_asset": 10_001, "usage_fee": 50_000},
        } | changes
        return self.brand.request_licence(exchange.LicenceRequest.model_validate(ask))

    def countersign(self, record: exchange.LicenceRecord) -> str:
        approval = TermsApproval(
            licence=record.id,
            terms_sha256=record.terms_sha256,
            talent=self.talent_id,
            decided_at=self.world.clock.now,
        )
        return jws.sign(approval, self.talent_key)

    def licence(self, **changes: Any) -> exchange.LicenceRecord:
        record = self.request(**changes)
        self.agency.approve_licence(record.id)
        self.talent.approve_licence(record.id, self.countersign(record))
        return self.brand.pay_licence(record.id, exchange.Payment(method="credit"))

    def revoke(self, *, licence: str | None = None, reason: str = "safety") -> exchange.Recorded:
        document = Revocation(
            talent=self.talent_id,
            consent_sha256=None if licence else self.consent.sha256(),
            licence=licence,
            reason=reason,  # type: ignore[arg-type]
            signed_at=self.world.clock.now,
        )
        return self.talent.revoke(jws.sign(document, self.talent_key))

    def deliver(
        self, licence: str, *, use: Use = USE, key: str | None = None, picture: Path | None = None
    ) -> Any:
        picture = picture or self.world.tmp / "final.jpg"
        if not picture.exists():
            picture.write_bytes(jpeg())
        return self.device.registry.deliver(
            picture,
            licence=licence,
            use=use,
            mime="image/jpeg",
            target=self.world.tmp / f"delivered-{secrets.token_hex(4)}.jpg",
            key=key,
        )


def jpeg(width: int = 320, height: int = 240) -> bytes:
    """A photograph-like picture: a ramp with noise."""
    rng = np.random.default_rng(7)
    ramp = np.linspace(40, 200, width)[None, :, None] + rng.normal(0, 6, (height, width, 3))
    out = io.BytesIO()
    Image.fromarray(ramp.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=92)
    return out.getvalue()


def cast(world: World, **consent_changes: Any) -> Cast:
    agency, agency_id, _ = world.party("agency")
    talent, talent_id, talent_key = world.party("talent", agency=agency_id)
    brand, brand_id, _ = world.party("brand", credit=True)
    consent = Consent.of(
        {
            "id": f"con_{secrets.token_hex(8)}",
            "talent": talent_id,
            "approval": "per_campaign",
            "representation": "agency_only",
            "signed_at": world.clock.now,
        }
        | consent_changes
    )
    talent.record_consent(jws.sign(consent, talent_key))
    path, twin, digest = world.pack(talent_id, consent.sha256())
    world.upload(talent, path, twin, digest, consent.sha256())
    return Cast(
        world,
        talent,
        talent_id,
        talent_key,
        agency,
        agency_id,
        brand,
        brand_id,
        world.machine(brand),
        consent,
        twin,
        digest,
    )


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str | None]:
    """Both databases; PostgreSQL is a server of our own, started here."""
    if request.param == "sqlite":
        yield None
        return
    # Not below pytest's own folder: that one is closed to the user the server runs as.
    with tempfile.TemporaryDirectory(prefix="sosie-pg-") as folder, postgres(Path(folder)) as url:
        yield url


class postgres:  # noqa: N801  # used like a function
    """Debian's PostgreSQL in a folder, on a socket and a free port; skipped loudly, required in CI."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        found = shutil.which("pg_ctl") or next(
            iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))), None
        )
        user = "postgres" if os.geteuid() == 0 else None
        if found is None:
            self._skip("no PostgreSQL server on this machine (pg_ctl is not found)")
        self._ctl = str(Path(str(found)).resolve())
        if not (Path(self._ctl).parent / "initdb").exists():
            self._ctl = str(max(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")))
        self._folder.chmod(0o755)
        self._data = self._folder / "data"
        self._data.mkdir()
        if user:
            shutil.chown(self._data, user)
        self._prefix = ["setpriv", f"--reuid={user}", "--regid=postgres", "--clear-groups"] if user else []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        bin_folder = Path(self._ctl).parent
        self._run(
            [
                str(bin_folder / "initdb"),
                "-D",
                str(self._data),
                "-U",
                "sosie",
                "-A",
                "trust",
                "--no-sync",
                "-E",
                "UTF8",
            ]
        )
        options = (
            f"-p {port} -c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._data}"
        )
        self._run(
            [self._ctl, "-D", str(self._data), "-w", "-l", str(self._data / "log"), "-o", options, "start"]
        )
        return f"postgresql://sosie@127.0.0.1:{port}/postgres"

    def __exit__(self, *_: object) -> None:
        self._run([self._ctl, "-D", str(self._data), "-m", "immediate", "stop"])

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            self._prefix + command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
            text=True,
        )
        if done.returncode:
            self._skip(f"PostgreSQL does not start here: {done.stderr.strip()[-300:]}")

    def _skip(self, why: str) -> None:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs PostgreSQL: {why}")
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {why}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(tmp_path: Path, clock: Clock, database_url: str | None) -> Iterator[World]:
    """A fresh registry on both databases (its own schema on PostgreSQL)."""
    url = _fresh(database_url)
    with running(Settings(data=tmp_path / "registry", database_url=url, clock=clock)) as address:
        token = (tmp_path / "registry" / "operator.token").read_text()
        operator = Registry(HttpsTransport(RegistryConfig(url=address, token=token)))
        sqlalchemy_url = Settings(data=tmp_path, database_url=url).url if url else None
        yield World(address, tmp_path / "registry", clock, tmp_path, operator, sqlalchemy_url)


@pytest.fixture
def make_cast(world: World) -> Callable[..., Cast]:
    return lambda **changes: cast(world, **changes)


@pytest.fixture
def scene(world: World) -> Cast:
    """The usual cast: approval for the campaign, an agency, a brand with credit."""
    return cast(world)


class running:  # noqa: N801  # used like a function
    """`serve` in a thread; yields its address."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._url = ""
        self._failure: BaseException | None = None

    def __enter__(self) -> str:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(60), "the registry did not start"
        if self._failure:
            raise self._failure
        return self._url

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive(), "the registry did not stop"

    def _serve(self) -> None:
        def ready(url: str) -> None:
            self._url = url
            self._ready.set()

        try:
            serve(self._settings.data, port=0, ready=ready, stop=self._stop, settings=self._settings)
        except BaseException as error:  # noqa: BLE001  # handed to the thread that waits
            self._failure = error
            self._ready.set()


def _fresh(url: str | None) -> str | None:
    if url is None:
        return None
    import psycopg

    schema = f"t{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {schema}")  # type: ignore[arg-type]
    return url.rsplit("/", 1)[0] + f"/{schema}"


def entry(machine: Machine, n: int, prev: str, lease: exchange.LeaseAnswer, op: str, **more: Any) -> Any:
    """A journal entry and its token."""
    from sosie.licence.documents import JournalEntry

    bundle = json.loads(keys.b64decode(lease.lease.split(".")[1]))
    document = JournalEntry.of(
        {
            "n": n,
            "prev": prev,
            "device": machine.id,
            "op": op,
            "licence": bundle["licence"],
            "lease": lease.id,
            "twin": bundle["twin"],
            "wall": NOW,
            "mono_ms": n,
        }
        | more
    )
    return document, jws.sign(document, machine.signing)


@pytest.fixture
def make_entry() -> Callable[..., Any]:
    return entry
