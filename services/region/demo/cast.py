"""Who plays in the demo. Each run has new people, so that it can be shown again and again.

Their ids are known before they are registered, because the id of a new member is made from
the coordinator's key and the Idempotency-Key: so a member's bearer key can stand in the
region's configuration before the region starts.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from faker import Faker

from contracts.envelope import Actor, Role
from contracts.members import RegisterMember
from services.coordinator.desk import Caller, command_id
from services.kernel.service import new_id
from services.region.configure import key_hash, new_secret
from services.region.demo.people import invented_name, plain


@dataclass(frozen=True)
class Login:
    """A bearer key, in plain text: shown on the screen and kept nowhere.

    `areas`: where a coordinator works; none means the whole region. `team`: a referrer's social team.
    """

    id: str
    role: Role
    label: str
    member_id: UUID | None = None
    areas: tuple[str, ...] = ()
    team: str | None = None
    key: str = field(default_factory=new_secret)

    def as_table(self) -> dict[str, Any]:
        """The [[keys]] table for region.toml: the key itself is not in it."""
        table = {"id": self.id, "role": self.role.value, "sha256": key_hash(self.key), "label": self.label}
        whose = {"member_id": str(self.member_id)} if self.member_id else {}
        if self.team:
            whose["team"] = self.team
        return {**table, **whose, "areas": list(self.areas)}


@dataclass(frozen=True)
class Player:
    """Someone who signs up in the story."""

    registration: RegisterMember
    idempotency_key: str
    login: Login

    @property
    def name(self) -> str:
        return self.registration.name

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def email(self) -> str:
        return self.registration.email or ""

    @property
    def phone(self) -> str:
        return self.registration.phone or ""

    @property
    def member_id(self) -> UUID:
        assert self.login.member_id is not None
        return self.login.member_id


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


class Cast:
    """The people of one run, who live in the postcode area `home`, and two who work for the region."""

    def __init__(self, home: str) -> None:
        self._home = home
        run = new_id()
        # Letters only: nine digits in a row may look like a BSN, and are refused.
        self._run = run.hex[-12:].translate(_LETTERS)
        self._faker = Faker("nl_NL")
        self._faker.seed_instance(run.int)
        self.noor = Login("noor", Role.COORDINATOR, "Noor (buurtcoördinator)")
        self.operator = Login("operator", Role.OPERATOR, "Beheer")
        # More time than anyone of the import: first on the list of proposals near home.
        self.helper = self._player("helper", capacity_minutes_week=300)
        self.asker = self._player("asker")
        self.newcomer = self._player("newcomer")
        self.busy = self._player("busy", capacity_minutes_week=60)
        self.generous = self._player("generous", capacity_minutes_week=1200)
        self.second_asker = self._player("second-asker")

    @property
    def players(self) -> tuple[Player, ...]:
        return (self.helper, self.asker, self.newcomer, self.busy, self.generous, self.second_asker)

    @property
    def logins(self) -> tuple[Login, ...]:
        return (self.noor, self.operator, *(player.login for player in self.players))

    def _player(self, part: str, *, capacity_minutes_week: int = 0) -> Player:
        name = invented_name(self._faker)
        registration = RegisterMember(
            name=name,
            email=f"{plain(name)}.{part}.{self._run}@example.org",
            phone=f"06-1234{self._faker.random_int(0, 9999):04}",
            street=self._faker.street_name(),
            house_number=str(self._faker.random_int(1, 160)),
            pc4=self._home,
            capacity_minutes_week=capacity_minutes_week,
        )
        key = f"demo-{self._run}-{part}"
        caller = Caller(Actor(role=self.noor.role, name=self.noor.id), new_id(), idempotency_key=key)
        member_id = command_id(registration, caller)
        return Player(registration, key, Login(part, Role.MEMBER, name, member_id))
