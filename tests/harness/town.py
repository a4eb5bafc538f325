"""One running region for a whole test session, with keys for who works there and who lives there.

A member's id is made from the coordinator's key and the Idempotency-Key (services/coordinator/desk.py),
so a member's own key can stand in the configuration before the region starts. Neighbours sign up
when a test wants them; no two tests share one.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import httpx

from contracts.envelope import Actor, Role
from contracts.members import RegisterMember
from contracts.proposals import ExclusionReason
from services.coordinator.desk import Caller, command_id
from services.kernel.service import new_id
from services.region.databases import connect
from services.region.demo.cast import Login
from services.region.mailbox import Mail, Mailbox
from services.region.running import RunningRegion
from services.region.servers import wait_until
from tests.harness import servers
from tests.harness.regions import real_region

HOME = "3515"
NEIGHBOURS = 900
"""Enough for every test in one town: how they fall to the workers differs from run to run."""

FEW: dict[str, int | None] = dict.fromkeys(get_args(ExclusionReason))
"""How many were left out of a proposal, where that is told of none: fewer than five, or nobody."""

NOOR = Login("noor", Role.COORDINATOR, "Noor (buurtcoördinator)")
SAM = Login("sam", Role.COORDINATOR, "Sam (buurtcoördinator)")
# These work in an area of their own, where no other test's people live.
YARA = Login("yara", Role.COORDINATOR, "Yara (buurtcoördinator)", areas=("3521",))
BAS = Login("bas", Role.COORDINATOR, "Bas (buurtcoördinator)", areas=("3522",))
CARO = Login("caro", Role.COORDINATOR, "Caro (buurtcoördinator)", areas=("3523",))
OPERATOR = Login("operator", Role.OPERATOR, "Beheer")
TEAM = Login("sociaal-team", Role.REFERRER, "Sociaal team West", team="west")
OTHER_TEAM = Login("sociaal-team-oost", Role.REFERRER, "Sociaal team Oost", team="oost")


@dataclass(frozen=True)
class Neighbour:
    """Someone who lives here. The registration says everything that only a vault may hold."""

    registration: dict[str, Any]
    idempotency_key: str
    login: Login

    @property
    def id(self) -> UUID:
        assert self.login.member_id is not None
        return self.login.member_id

    @property
    def name(self) -> str:
        return str(self.registration["name"])

    @property
    def email(self) -> str:
        return str(self.registration["email"])

    @property
    def phone(self) -> str:
        return str(self.registration["phone"])


class Town:
    """The running region, as its people use it over HTTP.

    `anke` is a neighbour for whom `anke_takes_part` comes first; `anke_coordinates` is her key as a
    coordinator.
    """

    def __init__(self, people: tuple[Neighbour, ...], region: RunningRegion, mailbox: Mailbox) -> None:
        self._people: Iterator[Neighbour] = iter(people[:-1])
        self.anke = people[-1]
        self.anke_coordinates = _coordinates(self.anke)
        self.region = region
        self.mailbox = mailbox
        self.folder: Path = region.config.parent
        self.address = f"http://{region.region.web.host}:{region.region.web.port}"
        self.http = httpx.Client(base_url=self.address, timeout=20)

    # ---- calls

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Login | None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One request with someone's key; `key` is the Idempotency-Key."""
        sent = dict(headers or {})
        if by is not None:
            sent["Authorization"] = f"Bearer {by.key}"
        if key is not None:
            sent["Idempotency-Key"] = key
        return self.http.request(method, path, json=plain(body) if body is not None else None, headers=sent)

    def post(self, path: str, body: Any = None, *, by: Login, key: str | None = None) -> httpx.Response:
        return self.call("POST", path, body, by=by, key=key)

    def get(self, path: str, *, by: Login | None) -> httpx.Response:
        return self.call("GET", path, by=by)

    def read(self, path: str, *, by: Login) -> dict[str, Any]:
        """What can be read there; fails when it cannot."""
        return good(self.get(path, by=by))

    # ---- people

    def stranger(self, **details: Any) -> Neighbour:
        """Someone who has not signed up yet."""
        next_one = next(self._people)
        return Neighbour({**next_one.registration, **details}, next_one.idempotency_key, next_one.login)

    def newcomer(self, **details: Any) -> Neighbour:
        """Someone who signed up, and waits for approval."""
        person = self.stranger(**details)
        made = good(self.post("/v1/members", person.registration, by=NOOR, key=person.idempotency_key), 201)
        assert made["id"] == str(person.id)
        return person

    def neighbour(self, *, capacity: int = 0, **details: Any) -> Neighbour:
        """Someone who takes part: approved, with an account, and known to the exchange."""
        person = self.newcomer(capacity_minutes_week=capacity, **details)
        good(self.post(f"/v1/members/{person.id}/approvals", by=NOOR))
        self.until(
            lambda: self.get(f"/v1/accounts/{person.id}", by=person.login).status_code == 200,
            "a new member having an account",
        )
        self.until(lambda: self._admitted(person), "a new member being known to the exchange")
        return person

    def anke_takes_part(self) -> Neighbour:
        """Anke, who coordinates too, after she signed up; the second time nothing changes."""
        signing_up = {**self.anke.registration, "capacity_minutes_week": 600}
        good(self.post("/v1/members", signing_up, by=NOOR, key=self.anke.idempotency_key), 201)
        good(self.post(f"/v1/members/{self.anke.id}/approvals", by=NOOR, key="anke-takes-part"))
        self.until(lambda: self._admitted(self.anke), "Anke being known to the exchange")
        return self.anke

    def _admitted(self, person: Neighbour) -> bool:
        # Asking for help in the past changes nothing: it is refused either way, and how tells.
        body = {"category": "coffee", "minutes": 1, "wanted_at": "2001-01-01T00:00:00Z"}
        refused = self.post("/v1/help-requests", body, by=person.login)
        return bool(refused.json()["code"] == "in_the_past")

    # ---- what people do

    def initiative(self, preset: str, **policy: Any) -> UUID:
        """A programme of its own, so that nobody of another test is proposed; `policy` is the whole of it."""
        body = {"name": f"Initiatief {word()}", "preset": preset, "policy": policy or None}
        return UUID(good(self.post("/v1/initiatives", body, by=NOOR), 201)["id"])

    def offer(
        self, person: Neighbour, category: str, text: str = "Ik help graag even mee.", **more: Any
    ) -> UUID:
        made = self.post("/v1/offers", {"category": category, "text": text, **more}, by=person.login)
        return UUID(good(made, 201)["id"])

    def ask(self, person: Neighbour, category: str, minutes: int = 60, **more: Any) -> UUID:
        body = {"category": category, "minutes": minutes, "wanted_at": in_days(3), **more}
        return UUID(good(self.post("/v1/help-requests", body, by=person.login), 201)["id"])

    def confirm(self, request_id: UUID, offer_id: UUID) -> UUID:
        """Noor chooses; returns the confirmed match."""
        body = {"request_id": request_id, "offer_id": offer_id}
        made = self.post("/v1/matches", body, by=NOOR, key=str(new_id()))
        assert made.status_code in (201, 202), made.text
        answer = made.json()
        match_id = UUID(answer.get("match_id") or answer["id"])
        self.until(lambda: self.match(match_id)["status"] == "confirmed", "the match being confirmed")
        return match_id

    def match(self, match_id: UUID) -> dict[str, Any]:
        return self.read(f"/v1/matches/{match_id}", by=NOOR)

    def account(self, person: Neighbour) -> dict[str, Any]:
        return self.read(f"/v1/accounts/{person.id}", by=person.login)

    # ---- time

    def due_now(self, service: str, command: str, about: UUID, **said: Any) -> None:
        """Bring a service's timers of one command about one thing forward to now: tests cannot wait.

        With `said` only those whose command says this too: `days_left=90`.
        """
        moved = asyncio.run(self._bring_forward(service, command, about, said))
        assert moved, f"{service} has no timer {command} about {about} with {said}"

    async def _bring_forward(self, service: str, command: str, about: UUID, said: dict[str, Any]) -> int:
        database = await connect(self.region.region, service)
        try:
            done = await database.execute(
                "UPDATE timers SET due_at = now() WHERE command = $1 AND strpos(body::text, $2) > 0 "
                "AND body::jsonb @> $3::jsonb",
                command,
                str(about),
                json.dumps(said),
            )
            return int(done.rpartition(" ")[2])
        finally:
            await database.close()

    # ---- what is on record

    def work(self, kind: str, about: UUID) -> list[dict[str, Any]]:
        """What waits for Noor of this kind, about one thing or person."""
        items = self.read(f"/v1/work-items?kind={kind}&limit=200", by=NOOR)["items"]
        return [item for item in items if str(about) in item.values()]

    def happened(self, service: str, about: UUID, *names: str) -> list[tuple[str, dict[str, Any]]]:
        """The events in a service's log that name this id, oldest first; with `names` those alone."""
        return asyncio.run(self._happened(service, about, names))

    async def _happened(
        self, service: str, about: UUID, names: tuple[str, ...]
    ) -> list[tuple[str, dict[str, Any]]]:
        database = await connect(self.region.region, service)
        try:
            rows = await database.fetch(
                "SELECT name, data FROM events WHERE strpos(data::text, $1) > 0 "
                "AND (name = ANY($2) OR $2 = '{}') ORDER BY position",
                str(about),
                list(names),
            )
            return [(row["name"], json.loads(row["data"])) for row in rows]
        finally:
            await database.close()

    # ---- waiting and mail

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
        """Wait for a condition. Raises TimeoutError that says what did not happen."""
        wait_until(condition, what, seconds=seconds)

    def letters(self, person: Neighbour) -> list[str]:
        """Subjects of what this person got, in order of the alphabet, without repeats."""
        return sorted({(mail.message_id, mail.subject): mail.subject for mail in self._to(person)}.values())

    def letter(self, person: Neighbour, subject: str) -> str:
        """The text of the one letter with this subject."""
        (found,) = self.letters_about(person, subject)
        return found

    def letters_about(self, person: Neighbour, subject: str) -> list[str]:
        """The texts of all letters with this subject, oldest first, without repeats."""
        found = {mail.message_id: mail.text for mail in self._to(person) if mail.subject == subject}
        return list(found.values())

    def _to(self, person: Neighbour) -> tuple[Mail, ...]:
        return self.mailbox.to(person.email)

    def until_letters(self, person: Neighbour, *subjects: str) -> None:
        """Wait until this person got exactly these letters; fails when they do not come, or others do."""
        wanted = sorted(subjects)
        self.mailbox.wait_for(lambda _: self.letters(person) == wanted, 45.0)
        assert self.letters(person) == wanted


def good(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The JSON of an answer with this status."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    found: dict[str, Any] = response.json() if response.content else {}
    return found


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of a refused request; fails unless it is complete, in both languages (RFC 9457)."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    assert response.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["code"] == code, found
    assert found["status"] == status
    assert found["type"] == f"urn:wederdienst:problem:{code.replace('_', '-')}"
    assert found["instance"] == f"urn:uuid:{response.headers['X-Correlation-ID']}"
    assert response.headers["API-Version"]
    assert response.headers["Cache-Control"] == "no-store"
    said = [(found["detail"], found["detail_nl"])]
    said += [(each["message"], each["message_nl"]) for each in found["errors"]]
    for en, nl in said:
        assert en.endswith("."), en
        assert nl.endswith("."), nl
        assert en != nl
    return found


def in_days(days: int) -> str:
    """A moment at a whole hour."""
    at = datetime.now(UTC) + timedelta(days=days)
    return at.replace(minute=0, second=0, microsecond=0).isoformat()


def word() -> str:
    """A word that nobody wrote before. Of letters alone: digits could look like a BSN, and be refused."""
    return new_id().hex.translate(str.maketrans("0123456789", "ghijklmnop"))


def plain(body: Any) -> Any:
    """`body` with ids as text."""
    if isinstance(body, dict):
        return {name: plain(value) for name, value in body.items()}
    return str(body) if isinstance(body, UUID) else body


def _coordinates(person: Neighbour) -> Login:
    """The key with which a neighbour coordinates; the same every time it is asked for."""
    label = "Anke (buurtcoördinator, doet zelf ook mee)"
    return Login("anke", Role.COORDINATOR, label, person.id, key=f"coordinates-{person.login.key}")


def _people(run: str) -> tuple[Neighbour, ...]:
    noor = Actor(role=NOOR.role, name=NOOR.id)
    found = []
    for n in range(NEIGHBOURS):
        registration: dict[str, Any] = {
            "name": f"Bewoner Proefpersoon {run}-{n}",
            "email": f"bewoner.{run}.{n}@voorbeeld.example",
            "phone": f"06-12 {run[:3]} {n:03}",
            "street": f"Proefstraat {n}",
            "house_number": "12",
            "pc4": HOME,
            "capacity_minutes_week": 0,
        }
        key = f"town-{run}-{n}"
        caller = Caller(noor, new_id(), idempotency_key=key)
        member_id = command_id(RegisterMember(**registration), caller)
        found.append(Neighbour(registration, key, Login(f"bewoner-{n}", Role.MEMBER, "", member_id)))
    return tuple(found)


@asynccontextmanager
async def running_town(
    folder: Path, *, name: str = servers.NAME, joins: Callable[[Path], Awaitable[object]] | None = None
) -> AsyncIterator[Town]:
    """A real region in `folder` with everyone's keys; perhaps one of a network (see `real_region`)."""
    # Digits only: the run is part of telephone numbers. Few, or a name might pass for a BSN.
    people = _people(f"{new_id().int % 10**4:04}")
    workers = (NOOR, SAM, YARA, BAS, CARO, OPERATOR, TEAM, OTHER_TEAM, _coordinates(people[-1]))
    logins = (*workers, *(person.login for person in people))
    keys = [login.as_table() for login in logins]
    async with real_region(folder, name=name, keys=keys, teams=servers.TEAMS, joins=joins) as (
        region,
        mailbox,
    ):
        town = Town(people, region, mailbox)
        try:
            yield town
        finally:
            town.http.close()
