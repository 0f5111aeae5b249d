"""Which issue is due: every period has one slot, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litwatch.digest.period import WEEKDAYS, slot
from litwatch.settings import Subscriber

ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kolkata")
"""Summer time in two ways, a day that never was (30 December 2011), and an odd half hour."""

FREQUENCIES = ("daily", "weekly", "monthly")
HALF_HOUR = timedelta(minutes=30)
MOMENTS = st.datetimes(
    datetime(2005, 1, 2),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
READERS = st.builds(
    Subscriber,
    email=st.just("a@example.org"),
    frequency=st.sampled_from(FREQUENCIES),
    day=st.sampled_from(WEEKDAYS),
    hour=st.integers(0, 23),
    timezone=st.sampled_from(ZONES),
)


def reader(frequency: str, hour: int = 7, zone: str = "Europe/Berlin", day: str = "monday"):
    return Subscriber("a@example.org", frequency=frequency, day=day, hour=hour, timezone=zone)


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subscriber", "now", "key"),
    [
        (reader("weekly"), utc(2026, 11, 23, 5, 59), "2026-W47"),
        (reader("weekly"), utc(2026, 11, 23, 6, 0), "2026-W48"),
        (reader("weekly", day="friday"), utc(2026, 11, 23, 6, 0), "2026-W47"),
        (reader("daily"), utc(2026, 11, 23, 5, 59), "2026-11-22"),
        (reader("daily"), utc(2026, 11, 23, 6, 0), "2026-11-23"),
        (reader("monthly"), utc(2026, 11, 2, 5, 59), "2026-10"),
        (reader("monthly"), utc(2026, 11, 2, 6, 0), "2026-11"),
        (reader("monthly", day="sunday"), utc(2026, 11, 1, 6, 0), "2026-11"),
        (reader("weekly"), utc(2021, 1, 3, 12, 0), "2020-W53"),
        (reader("daily", zone="Asia/Kolkata"), utc(2026, 11, 23, 1, 30), "2026-11-23"),
        (reader("every-run"), utc(2026, 11, 23, 6, 10), "2026-11-23T06:10:00+00:00"),
    ],
)
def test_the_latest_slot_that_has_passed_names_the_issue(
    subscriber: Subscriber, now: datetime, key: str
) -> None:
    assert slot(subscriber, now).key == key


def test_a_missed_slot_is_due_until_the_next_one() -> None:
    weeks = {slot(reader("weekly"), utc(2026, 11, day, 12, 0)).key for day in range(16, 23)}

    assert weeks == {"2026-W47"}


def test_a_period_is_the_calendar_week_of_the_reader() -> None:
    period = slot(reader("weekly"), utc(2026, 11, 25, 12, 0))

    assert (period.start, period.end) == (utc(2026, 11, 22, 23), utc(2026, 11, 29, 23))


def test_an_hour_that_the_clocks_skip_falls_due_at_the_end_of_the_gap() -> None:
    two = reader("daily", hour=2)

    assert slot(two, utc(2026, 3, 29, 0, 59)).key == "2026-03-28"
    assert slot(two, utc(2026, 3, 29, 1, 0)).key == "2026-03-29"


def test_an_hour_that_the_clocks_repeat_falls_due_at_its_first_pass() -> None:
    two = reader("daily", hour=2)

    assert slot(two, utc(2026, 10, 24, 23, 59)).key == "2026-10-24"
    assert slot(two, utc(2026, 10, 25, 0, 0)).key == "2026-10-25"
    assert slot(two, utc(2026, 10, 25, 1, 30)).key == "2026-10-25"


def test_a_day_with_a_clock_change_is_23_or_25_hours_long() -> None:
    spring = slot(reader("daily"), utc(2026, 3, 29, 12, 0))
    autumn = slot(reader("daily"), utc(2026, 10, 25, 12, 0))

    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)


def test_a_day_that_never_was_has_no_issue_but_its_week_has() -> None:
    """Samoa went from 29 to 31 December 2011; the week's Friday slot falls on the Saturday."""
    apia = {"hour": 7, "zone": "Pacific/Apia"}
    moments = [utc(2011, 12, 28) + hours * HALF_HOUR for hours in range(300)]

    days = list(dict.fromkeys(slot(reader("daily", **apia), now).key for now in moments))
    weeks = {slot(reader("weekly", day="friday", **apia), now).key for now in moments}

    assert days[:4] == ["2011-12-27", "2011-12-28", "2011-12-29", "2011-12-31"]
    assert weeks == {"2011-W51", "2011-W52"}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("hour", [0, 2, 7, 23])
def test_every_period_of_three_years_has_one_slot_and_none_comes_back(
    zone: str, frequency: str, hour: int
) -> None:
    subscriber = reader(frequency, hour, zone, "thursday")
    moments = (utc(2010, 12, 30) + halves * HALF_HOUR for halves in range(48 * 3 * 365))
    periods = [slot(subscriber, now) for now in moments]

    changes = [b for a, b in pairwise(periods) if a != b]
    keys = [period.key for period in changes]
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys)
    for earlier, later in pairwise(changes):
        assert earlier.start < earlier.end == later.start


@given(READERS, MOMENTS)
def test_a_period_holds_its_slot_and_is_whole_local_days(
    subscriber: Subscriber, now: datetime
) -> None:
    period = slot(subscriber, now)
    zone = ZoneInfo(subscriber.timezone)

    assert period.start <= now
    longest = {"daily": 2, "weekly": 14, "monthly": 62}[subscriber.frequency]
    assert now - period.start < timedelta(days=longest, hours=25)
    assert period.start.astimezone(zone).hour == 0
    assert period.end.astimezone(zone).hour == 0


@given(READERS, MOMENTS, st.integers(0, 60 * 24 * 40))
@settings(max_examples=200)
def test_time_never_goes_back(subscriber: Subscriber, now: datetime, minutes: int) -> None:
    later = slot(subscriber, now + timedelta(minutes=minutes))

    assert slot(subscriber, now).start <= later.start


def test_the_zone_of_the_clock_does_not_matter() -> None:
    now = datetime(2026, 11, 23, 15, 0, tzinfo=ZoneInfo("Asia/Tokyo"))

    assert slot(reader("weekly"), now) == slot(reader("weekly"), now.astimezone(UTC))
    assert date.fromisoformat(slot(reader("daily"), now).key) == date(2026, 11, 23)
