"""Help that comes back: it starts, someone else comes from now on, it ends."""

from contracts.envelope import Command
from contracts.notifications import TellSeries
from contracts.visits import HelperEndPlanned, SeriesEnded, SeriesHelperChanged, SeriesStarted
from services.notifications.telling import tell


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


def on_series_helper_changed(event: SeriesHelperChanged) -> list[Command]:
    return [TellSeries(series_id=event.series_id, template="series-started")]


def on_helper_end_planned(event: HelperEndPlanned) -> list[Command]:
    last_day = event.helper_last_day.isoformat()
    return [TellSeries(series_id=event.series_id, template="series-ends", facts={"last_day": last_day})]


def on_series_ended(event: SeriesEnded) -> list[Command]:
    # That it would end on its last day they know since it started.
    if event.reason == "until":
        return []
    return [
        tell(member_id, "series-ends", event.series_id, last_day=None)
        for member_id in (event.helper_id, event.asker_id)
    ]
