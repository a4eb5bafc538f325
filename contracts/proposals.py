"""Who could help, with reasons in words; how load is spread; what to give back. Answered by exchange."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.envelope import Query, View

ExclusionReason = Literal["distance", "capacity", "running", "paused", "vog", "age", "themselves"]


class RankHelpers(Query):
    """Who can help with this request, best first, with reasons in words."""

    request_id: UUID
    limit: Annotated[int, Field(ge=1, le=50)] = 5


class GetLoad(Query):
    """How the help of this week is spread over helpers; with `member_id`, of one of them."""

    member_id: UUID | None = None


class SuggestReturnFavours(Query):
    """Three small things this member might like to do for a neighbour."""

    member_id: UUID


class Reason(View):
    """Why someone is proposed. `plus` is in favour; otherwise something to know."""

    code: str
    nl: str
    en: str
    plus: bool = True


class Helper(View):
    """One proposed helper; minutes are per week, distance in kilometres as the crow flies.

    `would_be_minutes`: with what is asked. Of help that comes back it is the fullest of its first weeks.
    """

    offer_id: UUID
    member_id: UUID
    number: int
    pc4: str
    distance_km: float
    reserved_minutes: int
    would_be_minutes: int
    capacity_minutes_week: int
    reasons: tuple[Reason, ...]


class RankedHelpers(View):
    """`excluded` counts people by reason; all reasons of closeness are one: `distance`."""

    helpers: tuple[Helper, ...]
    found: int
    excluded: dict[ExclusionReason, int]


class Load(View):
    """Helpers and their week, in minutes. `near_limit`: helpers with 85 % of it planned or more.

    `spread` is the Gini coefficient of minutes helped lately: 0 when all did the same, near 1
    when one did everything. `carer_minutes` is what informal carers do for their own,
    `relieved_minutes` how much of that others take over this week.
    """

    helpers: int
    near_limit: int
    spread: float
    capacity_minutes: int
    planned_minutes: int
    carer_minutes: int
    relieved_minutes: int


class Favour(View):
    category: str
    nl: str
    en: str


class Favours(View):
    favours: tuple[Favour, ...]


QUERIES: dict[type[Query], type[View]] = {
    RankHelpers: RankedHelpers,
    GetLoad: Load,
    SuggestReturnFavours: Favours,
}
