"""Long logs and full neighbourhoods, written by SQL: the same rows that commands would have left.

Ids are UUIDs in order, as version 7 gives them: `...f0-<n>` a person, `...f1-<n>` an offer.
"""

from typing import Any
from uuid import UUID

from contracts.categories import CATEGORIES
from contracts.initiatives import THE_INITIATIVE
from tests.bench.neighbours import TEXT, postcodes

PERSON = "0198c5f0-0000-7000-8000-"
OFFER = "0198c5f1-0000-7000-8000-"
STREET_LENGTH = 20
CIRCLE = 4
LONG_AGO_DAYS = 30
"""Before the days that JetStream keeps: a relay does not begin by publishing what was filled in."""


def person(n: int) -> UUID:
    """Id of the n-th person, as the SQL below makes it."""
    return UUID(f"{PERSON}{n:012x}")


def _id(prefix: str, n: str) -> str:
    return f"('{prefix}' || lpad(to_hex({n}), 12, '0'))::uuid"


_EVENTS = (
    "INSERT INTO events (position, epoch, entity, entity_id, version, name, schema_version, command_id, "
    "ordinal, correlation_id, actor, occurred_at, data) "
)
_COMMANDS = "INSERT INTO commands (command_id, content_hash, position, answered_at) "
_VAULT = "INSERT INTO vault (entity, entity_id, person_id, data) "
_VETTED = ", ".join(f"'{code}'" for code, category in CATEGORIES.items() if category.vog)
_HEAD = "UPDATE log_head SET position = position + $1"


async def fill_participants(connection: Any, count: int) -> None:
    """`count` participants of exchange, in streets of one municipality, and the events that admitted them."""
    person_id = _id(PERSON, "n")
    row = f"SELECT n, {person_id} AS id, {_postcode('n')} AS pc4 FROM generate_series(1, $1::integer) n"
    async with connection.transaction():
        await connection.execute(
            _EVENTS + "SELECT n, 1, 'participant', id, 1, 'ParticipantAdmitted', 1, id, 0, id, "
            "'service:exchange', now() - interval '30 days', json_build_object('participant_id', id, "
            f"'number', 1000 + n, 'pc4', pc4, 'capacity_minutes_week', 240) FROM ({row}) r ORDER BY n",
            count,
        )
        await connection.execute(
            "INSERT INTO participants SELECT id, 1000 + n, pc4, 'person', 240, n % 60, 0, n % 700, "
            "now() - interval '10 days', '{}', '{}', '{}', '{}', '{}', '{}', '{}', NULL, false, 1 "
            f"FROM ({row}) r",
            count,
        )
        # What ranking looks at: who they are, how full their week is, who has a VOG.
        await connection.execute(
            "INSERT INTO persons SELECT id, 'person', 'from_21', false, false, false, NULL, 1 "
            f"FROM ({row}) r",
            count,
        )
        await connection.execute(
            "INSERT INTO weeks SELECT gen_random_uuid(), id, week, n % 120, n % 30, n % 20, 0 "
            f"FROM ({row}) r, (SELECT to_char(now() + w * interval '7 days', 'IYYY-\"W\"IW') AS week "
            "FROM generate_series(-4, 4) w) weeks",
            count,
        )
        await connection.execute(
            "INSERT INTO vettings SELECT gen_random_uuid(), id, category, gen_random_uuid(), "
            "(now() + interval '1 year')::date, false, 1 "
            f"FROM ({row}) r, unnest(ARRAY[{_VETTED}]) category WHERE n % 4 <> 0",
            count,
        )
        await connection.execute(_HEAD, count)


async def fill_offers(connection: Any, count: int, *, people: int, days_ago: int = LONG_AGO_DAYS) -> None:
    """`count` open offers by these participants in turn, with events, command results and texts."""
    head = await connection.fetchval("SELECT position FROM log_head")
    categories = "ARRAY[" + ", ".join(f"'{code}'" for code in CATEGORIES) + "]"
    who = "1 + n % $2::integer"
    row = (
        f"SELECT n, {_id(OFFER, 'n')} AS id, {_id(PERSON, who)} AS person, {_postcode(who)} AS pc4, "
        f"({categories})[1 + n % {len(CATEGORIES)}] AS category "
        "FROM generate_series(1, $1::integer) n"
    )
    async with connection.transaction():
        await connection.execute(
            _EVENTS
            + "SELECT $3::bigint + n, 1, 'offer', id, 1, 'OfferPosted', 1, id, 0, id, 'coordinator:noor', "
            f"now() - interval '{days_ago} days' - ($1 - n) * interval '1 millisecond', "
            "json_build_object('offer_id', id, "
            f"'member_id', person, 'category', category, 'pc4', pc4, 'initiative_id', '{THE_INITIATIVE}') "
            f"FROM ({row}) r ORDER BY n",
            count,
            people,
            head,
        )
        await connection.execute(
            _COMMANDS + f"SELECT id, hashint8(n), $3::bigint + n, now() FROM ({row}) r ORDER BY n",
            count,
            people,
            head,
        )
        await connection.execute(
            _VAULT
            + f"SELECT 'offer', id, person, jsonb_build_object('text', $3::text) FROM ({row}) r ORDER BY n",
            count,
            people,
            TEXT,
        )
        await connection.execute(
            "INSERT INTO offers (offer_id, member_id, category, pc4, initiative_id, status, version) "
            f"SELECT id, person, category, pc4, '{THE_INITIATIVE}', 'open', 1 FROM ({row}) r ORDER BY n",
            count,
            people,
        )
        await connection.execute(
            f"UPDATE participants p SET offers_in = ARRAY['{THE_INITIATIVE}'::uuid], "
            "offers_count = ARRAY[coalesce(p.offers_count[1], 0) + o.theirs] "
            f"FROM (SELECT person, count(*) AS theirs FROM ({row}) r GROUP BY 1) o "
            "WHERE o.person = p.participant_id",
            count,
            people,
        )
        await connection.execute(_HEAD, count)


async def fill_members(connection: Any, count: int) -> None:
    """`count` members who registered a month ago, with names, streets and circles in the vault."""
    row = (
        f"SELECT n, {_id(PERSON, 'n')} AS id, {_postcode('n')} AS pc4 FROM generate_series(1, $1::integer) n"
    )
    circle = ", ".join(_id(PERSON, f"1 + (n + {step} * 37) % $1::integer") for step in range(1, CIRCLE + 1))
    async with connection.transaction():
        await connection.execute(
            _EVENTS + "SELECT n, 1, 'member', id, 1, 'MemberRegistered', 1, id, 0, id, 'coordinator:noor', "
            "now() - interval '30 days', json_build_object('member_id', id, 'number', 1000 + n, "
            f"'pc4', pc4, 'capacity_minutes_week', 240) FROM ({row}) r ORDER BY n",
            count,
        )
        await connection.execute(
            _COMMANDS + f"SELECT id, hashint8(n), n, now() FROM ({row}) r ORDER BY n", count
        )
        await connection.execute(
            "INSERT INTO members (member_id, number, status, pc4, capacity_minutes_week, "
            "carer_minutes_week, kind, guardian_agrees, is_paused, birth_date_known, version) "
            "SELECT id, 1000 + n, 'registered', pc4, 240, 0, 'person', false, false, false, 1 "
            f"FROM ({row}) r ORDER BY n",
            count,
        )
        await connection.execute(
            _VAULT + "SELECT 'member', id, id, jsonb_build_object('name', 'Bewoner Proefpersoon ' || n, "
            "'email', 'bewoner' || n || '@voorbeeld.example', 'phone', NULL, "
            f"'street', 'Proefstraat ' || n / {STREET_LENGTH}, "
            f"'house_number', (1 + n % {STREET_LENGTH})::text, "
            f"'shares_contact', true) FROM ({row}) r ORDER BY n",
            count,
        )
        await connection.execute(
            "INSERT INTO vault (entity, entity_id, person_id, data, other_id) "
            "SELECT 'tie', gen_random_uuid(), id, '{\"tie\": \"near\"}', other "
            f"FROM ({row}) r CROSS JOIN LATERAL unnest(ARRAY[{circle}]) AS named (other)",
            count,
        )
        await connection.execute(_HEAD, count)


async def approve_members(connection: Any, first: int, last: int, *, days_ago: int = LONG_AGO_DAYS) -> None:
    """Members `first` to `last` of `fill_members` are approved: one event each."""
    head = await connection.fetchval("SELECT position FROM log_head")
    row = (
        f"SELECT n, {_id(PERSON, 'n')} AS id, gen_random_uuid() AS command_id, "
        f"$3::bigint + n - $1::integer + 1 AS position, {_postcode('n')} AS pc4 "
        "FROM generate_series($1::integer, $2::integer) n"
    )
    async with connection.transaction():
        await connection.execute(
            _EVENTS + "SELECT position, 1, 'member', id, 2, 'MemberApproved', 1, command_id, 0, command_id, "
            f"'coordinator:noor', now() - interval '{days_ago} days', "
            "json_build_object('member_id', id, 'number', 1000 + n, 'pc4', pc4, "
            f"'capacity_minutes_week', 240) FROM ({row}) r ORDER BY n",
            first,
            last,
            head,
        )
        await connection.execute(
            "UPDATE members SET status = 'approved', version = 2 "
            "WHERE number BETWEEN 1000 + $1 AND 1000 + $2",
            first,
            last,
        )
        await connection.execute(_HEAD, last - first + 1)


async def follow_up_to(connection: Any, source: str, log: Any) -> None:
    """Let a follower's watermark stand at the head of `source`, whose log is `log`."""
    await connection.execute(
        "INSERT INTO watermarks (source, epoch, position, event_id) VALUES ($1, 1, $2, $3)",
        source,
        await log.fetchval("SELECT position FROM log_head"),
        await log.fetchval("SELECT command_id || '.' || ordinal FROM events ORDER BY position DESC LIMIT 1"),
    )


def _postcode(n: str) -> str:
    """One postcode of the municipality for everyone in the same street."""
    codes = postcodes()
    listed = "ARRAY[" + ", ".join(f"'{code}'" for code in codes) + "]"
    return f"({listed})[1 + abs(hashint4(({n}) / {STREET_LENGTH})) % {len(codes)}]"
