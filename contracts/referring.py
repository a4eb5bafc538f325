"""What a social team sends us: a referral in one message, as plain JSON or as a CloudEvent (1.0).

Strict: unknown fields are refused, so that a mistake is heard at once and nothing is lost unseen.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.categories import CategoryCode
from contracts.common import HowGiven, Minutes, Moment, Pc4, Urgency, Wish
from contracts.envelope import NOBODY, source_of
from contracts.freetext import Line, Text, clean
from contracts.members import BirthDate, Email, HouseNumber, Phone
from contracts.referrals import Feedback
from contracts.visits import Recurrence

REFERRAL_SCHEMA = "team.person-referred.v1"
"""The name of the JSON Schema of a referral, the `data` of such a CloudEvent."""

REFERRAL_TYPE = f"nl.wederdienst.{REFERRAL_SCHEMA}"
"""The `type` of a CloudEvent with a referral in it."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_KNOWN = ({"member_id"}, {"number", "pc4"})
_NEW = {"name", "street", "house_number", "pc4"}
"""What is said of someone who takes part already, and at least of someone new."""


class ReferredPerson(_Part):
    """Who it is about: someone new, with name and address; or who takes part already.

    A participant is told by `member_id` (as in the answer to an earlier referral), or by the `number` on
    their letters with the `pc4` where they live.
    """

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [*sorted(one)]} for one in (*_KNOWN, _NEW)]},
    )

    member_id: UUID | None = None
    number: Annotated[int, Field(strict=True, ge=1, le=9_999_999)] | None = None
    name: Annotated[Line, Field(min_length=1)] | None = None
    born_on: BirthDate | None = None
    email: Email | None = None
    phone: Phone | None = None
    street: Annotated[Line, Field(min_length=1)] | None = None
    house_number: HouseNumber | None = None
    pc4: Pc4 | None = None

    @model_validator(mode="after")
    def _is_someone(self) -> Self:
        said = self.model_fields_set & {name for name, value in self if value is not None}
        if said not in _KNOWN and (not said >= _NEW or said & {"member_id", "number"}):
            raise PydanticCustomError(
                "person_unclear",
                "Geef van iemand die nieuw is naam, straat, huisnummer en postcode (vier cijfers). Of geef "
                "alleen member_id, of alleen het deelnemersnummer met de postcode.",
            )
        return self

    @property
    def is_new(self) -> bool:
        return self.name is not None


class Need(_Part):
    """What help, and when. Help that comes back has a `recurrence` (RFC 5545) and a first `wanted_at`."""

    category: CategoryCode
    minutes: Minutes
    text: Text = ""
    urgency: Urgency = "normal"
    wish: Wish = "none"
    wanted_at: Moment | None = None
    recurrence: Recurrence | None = None
    last_day: date | None = None

    @model_validator(mode="after")
    def _has_a_first_time(self) -> Self:
        if self.recurrence is not None and self.wanted_at is None:
            raise PydanticCustomError(
                "first_visit_missing", "Zeg bij hulp die terugkomt ook wanneer de eerste keer is (wanted_at)."
            )
        return self


class GivenConsent(_Part):
    """`how` the person agreed to the referral, and what the team may hear back."""

    how: HowGiven
    feedback: Feedback


class NewReferral(_Part):
    """A referral: who, what help, what they agreed to, and whom to call at the team.

    `reference` is your own, such as a case number; you get it back, and nobody else needs it.
    """

    person: ReferredPerson
    need: Need
    consent: GivenConsent
    contact: Annotated[Line, Field(min_length=1)]
    reference: Line = ""


UUIDS = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


def _attribute(text: str) -> str:
    """An attribute as it may be kept. Raises as `clean` does.

    A UUID is nobody's number, though one in hundreds has nine digits that pass for a BSN.

    >>> _attribute("28206506-4eb0-4348-a067-e3b3ae7faf6a")
    '28206506-4eb0-4348-a067-e3b3ae7faf6a'
    """
    return text if UUIDS.fullmatch(text) else clean(text)


Attribute = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_attribute)]


class ReferralEvent(BaseModel):
    """A referral as a CloudEvent 1.0. `source` and `id` together say which: the same twice is one referral.

    Extension attributes are allowed and not kept.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"]
    id: Attribute
    source: Attribute
    type: Literal["nl.wederdienst.team.person-referred.v1"]
    time: Moment | None = None
    subject: Attribute | None = None
    dataschema: Attribute | None = None
    datacontenttype: Literal["application/json"] | None = None
    data: NewReferral

    @property
    def key(self) -> str:
        """What makes it the same event when it comes again."""
        return f"{self.source} {self.id}"


def _attributes() -> dict[str, dict[str, Any]]:
    properties = ReferralEvent.model_json_schema()["properties"]
    # Left out is how a header says nothing: it has no null.
    return {
        name: said.get("anyOf", (said,))[0]
        for name, said in properties.items()
        if name not in ("data", "datacontenttype")
    }


ATTRIBUTES = _attributes()
"""The JSON Schema of each attribute that in binary mode stands in a header of its own, `ce-…`."""

EXAMPLE: dict[str, Any] = {
    "person": {
        "name": "Jo Voorbeeld",
        "street": "Voorbeeldstraat",
        "house_number": "12",
        "pc4": "3512",
        "phone": "06-12 34 56 78",
    },
    "need": {
        "category": "shopping",
        "minutes": 60,
        "text": "Kan sinds de operatie niet zwaar tillen.",
        "urgency": "soon",
        "wish": "none",
    },
    "consent": {"how": "in_person", "feedback": "outcome"},
    "contact": "Samira, sociaal team West, 030-123 45 67",
    "reference": "zaak W-17",
}
"""A referral as it may be sent."""

EXAMPLE_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "zaak-17",
    "source": source_of(NOBODY, "voorbeeld"),
    "type": REFERRAL_TYPE,
    "time": "2026-11-23T09:30:00Z",
    "dataschema": f"urn:wederdienst:schema:{REFERRAL_SCHEMA}",
    "datacontenttype": "application/json",
    "data": EXAMPLE,
}
"""The same as a CloudEvent, in structured mode."""
