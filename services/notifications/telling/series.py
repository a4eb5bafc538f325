"""Help that comes back: it starts, someone else comes from now on, it ends."""

from uuid import uuid5

from contracts.envelope import Command
from contracts.notifications import OvertakeMessage, TellSeries
from contracts.visits import (
    HelperEndPlanned,
    SeriesEnded,
    SeriesHelperChanged,
    SeriesPlanned,
    SeriesStarted,
)
from services.notifications.telling import instead, message_id, tell


def on_series_started(event: SeriesStarted) -> list[Command]:
    facts: dict[str, int | str | None] = {
        "category": event.category,
        "recurrence": event.recurrence,
        "minutes": event.minutes,
        "wanted_at": event.starts_at.isoformat(),
        "last_day": event.last_day.isoformat() if event.last_day else None,
    }
    helper_id, asker_id = event.helper_id, event.asker_id
    return [
        tell(helper_id, "series-started", event.series_id, other=str(asker_id), helps=1, **facts),
        tell(asker_id, "series-started", event.series_id, other=str(helper_id), helps=0, **facts),
    ]


def on_series_planned(event: SeriesPlanned) -> list[Command]:
    # A visit by the usual helper is as they agreed. Without them both must know: the one would wait
    # for nobody, the other come for nothing.
    if event.open_request_id is None:
        return []
    facts: dict[str, int | str | None] = {
        "wanted_at": event.planned_at.isoformat(),
        "visit": str(event.open_request_id),
    }
    return [TellSeries(series_id=event.series_id, template="visit-open", facts=facts)]


def on_series_helper_changed(event: SeriesHelperChanged) -> list[Command]:
    facts: dict[str, int | str | None] = {"left_open": event.left_open} if event.left_open else {}
    former, about = event.former_helper_id, uuid5(event.series_id, str(event.helper_id))
    return [
        TellSeries(series_id=event.series_id, template="series-started", facts=facts),
        instead(
            former,
            "series-started",
            event.series_id,
            tell(former, "series-ends", about, last_day=None, handed_over=1),
        ),
    ]


def on_helper_end_planned(event: HelperEndPlanned) -> list[Command]:
    last_day = event.helper_last_day.isoformat()
    # The helper too: it is not always they who said so, and why is told to nobody.
    return [TellSeries(series_id=event.series_id, template="series-ends", facts={"last_day": last_day})]


def on_series_ended(event: SeriesEnded) -> list[Command]:
    people = (event.helper_id, event.asker_id)
    if event.reason == "until":
        # That it would end on its last day they know since it started; who does not need not any more.
        return [
            OvertakeMessage(message_id=message_id(one, "series-started", event.series_id)) for one in people
        ]
    return [
        instead(
            one, "series-started", event.series_id, tell(one, "series-ends", event.series_id, last_day=None)
        )
        for one in people
    ]
