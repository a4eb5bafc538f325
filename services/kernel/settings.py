"""A region's configuration: one `region.toml`, checked before anything starts.

Secrets stand beside it, readable by their owner only: in `secrets.toml`, or in a folder `secrets`
with a file for each service, so that a service's machine or container needs its own alone. Environment
variables such as `WD_POSTGRES__HOST` override either.
"""

import ssl
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from contracts.catalogue import SERVICES
from contracts.common import Pc4
from contracts.envelope import NOBODY, Role
from contracts.subjects import region_token
from services.kernel.errors import Misconfigured

Port = Annotated[int, Field(ge=0, le=65535)]

PATHS = {
    "": ("logs", "erasures"),
    "embedded": ("folder",),
    "postgres": ("ca",),
    "nats": ("ca",),
    "traces": ("folder",),
    "network": ("keys",),
}
"""Settings that are paths, by table: beside `region.toml`, where they are not absolute."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+:[0-9]{1,5}$")]
"""A server as `host:port`."""


def _host_and_port(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    return host, int(port)


class _Secured(_Table):
    """How a server is reached. With `tls = "verify-full"` its certificate must be signed by an authority in
    the file `ca`, and name the host that was asked for: nothing is sent to anyone else.
    """

    tls: Literal["off", "verify-full"] = "off"
    ca: Path | None = None

    def ssl_context(self) -> ssl.SSLContext | None:
        """Which certificates are believed; None without TLS. Raises OSError where `ca` cannot be read."""
        return None if self.tls == "off" else ssl.create_default_context(cafile=self.ca)

    @model_validator(mode="after")
    def _has_authority(self) -> Self:
        if self.tls != "off" and self.ca is None:
            raise ValueError("with tls, name the file of its authority: ca = ")
        return self


class _Server(_Secured):
    """A server and those that may stand in for it."""

    host: str = "127.0.0.1"
    port: Port = 0


class Postgres(_Server):
    """PostgreSQL. `standbys` are tried too: the one that takes writes is used."""

    port: Port = 5432
    standbys: tuple[Address, ...] = ()

    def dsn(self, user: str, database: str) -> str:
        """A connection string for PostgreSQL's own programs; without the password."""
        servers = ",".join(f"{host}:{port}" for host, port in self.addresses)
        options = []
        if self.standbys:
            options.append("target_session_attrs=read-write")
        if self.tls != "off":
            options += [f"sslmode={self.tls}", f"sslrootcert={quote(str(self.ca))}"]
        return f"postgresql://{user}@{servers}/{database}" + ("?" + "&".join(options) if options else "")

    @property
    def addresses(self) -> list[tuple[str, int]]:
        return [(self.host, self.port), *map(_host_and_port, self.standbys)]


class Nats(_Server):
    """NATS. `others` are the other nodes of a cluster; `copies` is how many of them hold a stream."""

    port: Port = 4222
    others: tuple[Address, ...] = ()
    copies: Literal[1, 3] = 1
    stream_days: float = 7.0

    @property
    def addresses(self) -> list[tuple[str, int]]:
        return [(self.host, self.port), *map(_host_and_port, self.others)]

    @property
    def urls(self) -> list[str]:
        scheme = "nats" if self.tls == "off" else "tls"
        return [f"{scheme}://{host}:{port}" for host, port in self.addresses]

    @model_validator(mode="after")
    def _has_nodes(self) -> Self:
        if self.copies > 1 + len(self.others):
            raise ValueError(f"{self.copies} copies need {self.copies} nodes: name the others in nats.others")
        return self


class Mail(_Table):
    """Where messages go out. `sender` is the From address."""

    host: str = "127.0.0.1"
    port: Port = 25
    sender: str = "wederdienst@localhost"


class Sms(_Table):
    """An HTTP gateway for text messages; without `url` there is none. Its token is a secret (`sms`).

    It gets `POST url` with JSON `{"to", "text", "reference"}` and a bearer token; 2xx means taken.
    """

    url: str = ""


class Web(_Table):
    host: str = "127.0.0.1"
    port: Port = 8080


class Webhooks(_Table):
    """How feedback is brought to social teams' systems.

    `private_networks`: where webhooks may go besides the public internet, such as `10.1.0.0/16` for
    systems in the municipality's own network. To loopback, where that is among them, also without TLS.
    `log_days`: how long is kept how each attempt went.
    """

    private_networks: tuple[IPvAnyNetwork, ...] = ()
    timeout_seconds: Annotated[float, Field(ge=1, le=60)] = 15.0
    log_days: Annotated[int, Field(ge=1, le=365)] = 30


class Ledger(_Table):
    """Policy of the region's accounts, in minutes."""

    floor_minutes: Annotated[int, Field(le=0)] = -600


class Team(_Table):
    """A social team that refers people; its keys and its NATS user (`[nats]` in the secrets) name it.

    `source` is what its CloudEvents say they come from, where that is checked.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    label: str
    source: str = ""


class Referrals(_Table):
    """The term for answering a social team, in working days after the day it referred someone."""

    answer_days: Annotated[int, Field(ge=1, le=60)] = 3
    remind_days: Annotated[int, Field(ge=0, le=60)] = 2


class Key(_Table):
    """A bearer key: only its SHA-256 is kept. Members' keys name the member, a social team's the team.

    `areas`: the postcode areas a coordinator works in; none means the whole region.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    role: Literal["member", "coordinator", "referrer", "operator"]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    label: str = ""
    member_id: str | None = None
    team: str | None = None
    areas: tuple[Pc4, ...] = ()

    @property
    def as_role(self) -> Role:
        return Role(self.role)


class Traces(_Table):
    """Where traces go: to an OTLP collector over HTTP, or as lines into files of a folder. Neither: none.

    `share`: which part of what nobody else traced already is traced, from 0 to 1.
    """

    otlp: str = ""
    folder: Path | None = None
    share: Annotated[float, Field(ge=0, le=1)] = 1.0


class Network(_Secured):
    """The network of regions that this one takes part in; `wederdienst network join` writes it.

    `hub` is host:port; the hub's public keys came with the invitation. Our own keys stand in the file
    `keys`. `greet_seconds`: how often a peer that says nothing is asked whether it is there.
    """

    hub: Address
    hub_signing_key: str
    hub_sealing_key: str
    keys: Path
    greet_seconds: Annotated[float, Field(ge=0.2, le=3600)] = 30.0


class Embedded(_Table):
    """Servers that `wederdienst up` starts itself, with their data under `folder`."""

    folder: Path


class Secrets(_Table):
    """Passwords by service name; `operator` for the command line, `admin` for Postgres itself."""

    nats: dict[str, SecretStr] = {}
    postgres: dict[str, SecretStr] = {}
    web: SecretStr = SecretStr("")
    sms: SecretStr = SecretStr("")


class Region(BaseSettings):
    """The whole configuration of one region. `phone`: where people call, in every message that they get."""

    model_config = SettingsConfigDict(
        env_prefix="WD_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    region: str
    name: str
    organisation: Annotated[str, Field(pattern=r"^[0-9]{20}$")] = NOBODY
    centre: Pc4 | None = None
    phone: Annotated[str, Field(max_length=30)] = ""
    replicas: Annotated[int, Field(ge=1, le=2)] = 1
    lease_seconds: Annotated[float, Field(ge=0.5, le=30)] = 1.5
    probe_host: str = "127.0.0.1"
    probe_port: Port = 0
    logs: Path | None = None
    erasures: Path | None = None
    postgres: Postgres = Postgres()
    nats: Nats = Nats()
    mail: Mail = Mail()
    sms: Sms = Sms()
    web: Web = Web()
    webhooks: Webhooks = Webhooks()
    ledger: Ledger = Ledger()
    traces: Traces = Traces()
    teams: tuple[Team, ...] = ()
    referrals: Referrals = Referrals()
    keys: tuple[Key, ...] = ()
    network: Network | None = None
    embedded: Embedded | None = None
    secrets: Secrets = Secrets()

    @field_validator("region")
    @classmethod
    def _token(cls, region: str) -> str:
        return region_token(region)

    @model_validator(mode="after")
    def _teams_are_known(self) -> Self:
        known = {team.id for team in self.teams}
        for key in self.keys:
            if key.team is not None and (key.role != "referrer" or key.team not in known):
                raise ValueError(f"key {key.id}: give it the role referrer, and team {key.team} a [[teams]]")
            if key.role == "referrer" and key.team is None:
                raise ValueError(f"key {key.id}: a referrer's key says of which team it is")
        return self

    def team(self, id: str) -> Team | None:
        """The social team with this id, if there is one."""
        return next((team for team in self.teams if team.id == id), None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)

    @property
    def services(self) -> tuple[str, ...]:
        """What runs in this region: the link only where there is a network to be linked to."""
        return tuple(name for name in SERVICES if name != "link" or self.network is not None)

    def followed_by(self, service: str) -> tuple[str, ...]:
        """Whose events a service follows here."""
        return tuple(source for source in SERVICES[service].FOLLOWS if source in self.services)

    def postgres_password(self, service: str) -> str | None:
        secret = self.secrets.postgres.get(service)
        return secret.get_secret_value() if secret else None

    def nats_password(self, user: str) -> str:
        """Raises Misconfigured when there is none: an empty password would let anyone in."""
        secret = self.secrets.nats.get(user)
        if secret is None or not secret.get_secret_value():
            raise Misconfigured(f"The secrets have no [nats] password for {user}. Add one.")
        return secret.get_secret_value()

    def database(self, service: str) -> str:
        return f"wd_{self.region.replace('-', '_')}_{service}"


def secret_files(config: Path) -> list[Path]:
    """Where the secrets stand that come with this `region.toml`, in the order in which they are read."""
    one = config.with_name("secrets.toml")
    return [*([one] if one.is_file() else []), *sorted(config.with_name("secrets").glob("*.toml"))]


def load(path: Path) -> Region:
    """Read `region.toml` and the secrets beside it. Raises Misconfigured with what to do."""
    if not path.is_file():
        raise Misconfigured(f"{path}: there is no such file. Give the region's configuration with --config.")
    secrets = secret_files(path)
    for file in secrets:
        if file.stat().st_mode & 0o077:
            raise Misconfigured(f"Others on this machine can read {file}. Give: chmod 600 {file}")
    try:
        values = TomlConfigSettingsSource(Region, path)()
        if secrets:
            values["secrets"] = TomlConfigSettingsSource(Region, secrets, deep_merge=True)()
        for table, names in PATHS.items():
            named = values if table == "" else values.get(table, {})
            for name in names:
                if name in named:
                    named[name] = str((path.parent / named[name]).resolve())
        return Region(**values)
    except ValidationError as invalid:
        lines = [
            f"  {'.'.join(map(str, error['loc']))}: {error['msg']}"
            for error in invalid.errors(include_input=False, include_url=False)
        ]
        raise Misconfigured(f"{path} is not right:\n" + "\n".join(lines)) from None
    except ValueError as broken:
        raise Misconfigured(f"{path} cannot be read as TOML: {broken}") from None
