"""Invented people of one real municipality: the three files of an import.

The same seed and day give the same bytes. Postcodes are real; names, streets and what people
write are invented; telephone numbers and mail addresses cannot reach anyone.
"""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from faker import Faker

from contracts.categories import CATEGORIES
from services.kernel import geography
from services.region.demo.places import UTRECHT, Place
from services.region.demo.texts import OFFERS, REQUESTS, VISIT_MINUTES
from services.region.importing import Files
from services.region.importing.rows import MEMBERS as MEMBER_COLUMNS
from services.region.importing.rows import OFFERS as OFFER_COLUMNS
from services.region.importing.rows import REQUESTS as REQUEST_COLUMNS
from services.region.importing.table import Column

SEED = 3511
NOT_APPROVED, WITHOUT_MAIL = 12, 6
STREETS_AN_AREA = 5
CAPACITIES = (60, 90, 120, 120, 150, 180, 240)

# Small things are offered and asked more often than great ones.
_OFTEN = tuple(code for code in CATEGORIES for _ in range(3 if CATEGORIES[code].small else 2))


@dataclass(frozen=True, slots=True)
class Person:
    """One invented member, as in the members file."""

    ref: str
    name: str
    email: str
    phone: str
    street: str
    house_number: str
    pc4: str
    capacity_minutes_week: int
    circle: str = ""
    approved: str = "yes"


def write_files(folder: Path, *, today: date, seed: int = SEED, place: Place = UTRECHT) -> Files:
    """Write members.csv, offers.csv and requests.csv, wanted from two days after `today` on.

    Files that are there stay as they are: they were imported like that before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = Files(folder / "members.csv", folder / "offers.csv", folder / "requests.csv")
    random = Random(seed)
    people = _people(random, seed, place)
    taking_part = [person for person in people if person.approved == "yes"]
    members = ([getattr(person, column.name) for column in MEMBER_COLUMNS] for person in people)
    _write(files.members, MEMBER_COLUMNS, members)
    _write(files.offers, OFFER_COLUMNS, _offers(random, taking_part, place.offers))
    _write(files.requests, REQUEST_COLUMNS, _requests(random, taking_part, place.requests, today))
    return files


def _people(random: Random, seed: int, place: Place) -> list[Person]:
    faker = Faker("nl_NL")
    faker.seed_instance(seed)
    areas = sorted(area.pc4 for area in geography.areas().values() if area.place == place.name)
    streets = {pc4: [faker.unique.street_name() for _ in range(STREETS_AN_AREA)] for pc4 in areas}
    numbers = random.sample(range(10_000), place.members)
    people = []
    for n in range(place.members):
        name = invented_name(faker)
        pc4 = random.choice(areas)
        people.append(
            Person(
                ref=f"D{n + 1:04}",
                name=name,
                email=""
                if n % (place.members // WITHOUT_MAIL) == 7
                else f"{plain(name)}.{n + 1}@voorbeeld.example",
                phone=f"06-1234{numbers[n]:04}",
                street=random.choice(streets[pc4]),
                house_number=f"{random.randint(1, 160)}{random.choice(('', '', '', 'A', 'bis'))}",
                pc4=pc4,
                capacity_minutes_week=random.choice(CAPACITIES),
                approved="no" if n >= place.members - NOT_APPROVED else "yes",
            )
        )
    return [_with_circle(random, person, people) for person in people]


def invented_name(faker: Faker) -> str:
    """A first and a last name that would not stand out at a front door."""
    last = str(faker.last_name())
    while len(last) > 16 or not last.replace(" ", "").isalpha():
        last = str(faker.last_name())
    return f"{faker.first_name()} {last}"


def _with_circle(random: Random, person: Person, people: Sequence[Person]) -> Person:
    """A third names relatives, friends or neighbours; half of those in their own street."""
    if random.random() > 0.35:
        return person
    near = [p for p in people if p.street == person.street and p is not person]
    chosen = {random.choice(near).ref} if near and random.random() < 0.5 else set()
    chosen |= {p.ref for p in random.sample(people, random.randint(1, 2)) if p is not person}
    return Person(
        **{**{name: getattr(person, name) for name in Person.__slots__}, "circle": ";".join(sorted(chosen))}
    )


def _offers(random: Random, people: Sequence[Person], count: int) -> Iterable[list[object]]:
    for n in range(count):
        category = random.choice(_OFTEN)
        yield [f"A{n + 1:04}", random.choice(people).ref, category, random.choice(OFFERS[category])]


def _requests(random: Random, people: Sequence[Person], count: int, today: date) -> Iterable[list[object]]:
    for n in range(count):
        category = random.choice(_OFTEN)
        day = today + timedelta(days=random.randint(2, 28))
        moment = f"{day}T{random.randint(9, 19):02}:{random.choice(('00', '30'))}"
        yield [
            f"V{n + 1:04}",
            random.choice(people).ref,
            category,
            random.choice(VISIT_MINUTES[category]),
            moment if random.random() < 0.7 else "",
            random.choices(("normal", "soon", "urgent"), (7, 2, 1))[0],
            random.choices(("none", "unknown", "outside_street"), (7, 1, 2))[0],
            random.choice(REQUESTS[category]),
        ]


def plain(name: str) -> str:
    """A name as it can stand before the @."""
    letters = unicodedata.normalize("NFKD", name.lower())
    words = "".join(
        c if c.isascii() and c.isalnum() else " " for c in letters if not unicodedata.combining(c)
    )
    return ".".join(words.split())


def _write(path: Path | None, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    lines = list(rows)
    if path is None or path.exists():
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([column.name for column in columns])
        out.writerows(lines)
