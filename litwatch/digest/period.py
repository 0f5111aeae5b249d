"""Which issue is due: the calendar of one subscriber, in that reader's own time zone.

A period is a calendar day, week or month; its slot is the hour at which its issue falls due. The
latest slot that has passed names the issue, so a missed one is sent once, at the next run, and one
that was written is never due again. Where the clocks skip the hour, the slot falls due at the end
of the gap; where they repeat it, at its first pass (PEP 495, fold 0).
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from litwatch.models import Period
from litwatch.settings import Subscriber

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = timedelta(days=1)


def slot(subscriber: Subscriber, now: datetime) -> Period:
    """The period of the latest slot at or before `now`; for `every-run` the moment itself."""
    now = now.astimezone(UTC)
    if subscriber.frequency == "every-run":
        return Period(now.isoformat(), now, now)
    zone = ZoneInfo(subscriber.timezone)
    first = _first_day(subscriber, now.astimezone(zone).date())
    while _moment(_slot_day(subscriber, first), subscriber.hour, zone) > now:
        first = _first_day(subscriber, first - _DAY)
    following = _first_day_after(subscriber, first)
    return Period(_key(subscriber, first), _moment(first, 0, zone), _moment(following, 0, zone))


def next_slot(subscriber: Subscriber, now: datetime) -> datetime:
    """The moment, in UTC, of the first slot after `now`; for `every-run` it is now."""
    now = now.astimezone(UTC)
    if subscriber.frequency == "every-run":
        return now
    zone = ZoneInfo(subscriber.timezone)
    first = _first_day(subscriber, now.astimezone(zone).date())
    while (moment := _moment(_slot_day(subscriber, first), subscriber.hour, zone)) <= now:
        first = _first_day_after(subscriber, first)
    return moment


def _first_day(subscriber: Subscriber, day: date) -> date:
    """The first day of the period that holds a day; weeks are those of ISO 8601."""
    if subscriber.frequency == "weekly":
        return day - day.weekday() * _DAY
    return day.replace(day=1) if subscriber.frequency == "monthly" else day


def _first_day_after(subscriber: Subscriber, first: date) -> date:
    if subscriber.frequency == "monthly":
        return (first + 31 * _DAY).replace(day=1)
    return first + (7 if subscriber.frequency == "weekly" else 1) * _DAY


def _slot_day(subscriber: Subscriber, first: date) -> date:
    """The day of the period's slot: each day, the week's such day, the month's first such day."""
    if subscriber.frequency == "daily":
        return first
    return first + (WEEKDAYS.index(subscriber.day) - first.weekday()) % 7 * _DAY


def _moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """A local hour as UTC: moments of one zone compare by the clock on the wall, not by time."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def _key(subscriber: Subscriber, first: date) -> str:
    if subscriber.frequency == "weekly":
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}"
    return f"{first:%Y-%m}" if subscriber.frequency == "monthly" else first.isoformat()
