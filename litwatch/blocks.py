"""A source that refused us is left alone for a while: until when, and how the operator is told."""

from datetime import datetime, timedelta

COOL_DOWN = timedelta(hours=24)
"""How long a source that blocked us is left alone (its page on misuse: NBK25497)."""


def left_alone(blocked_at: datetime | None, now: datetime) -> str:
    """Why the source is not to be asked, in words; empty where it may be.

    A block of the future counts from now: only a clock that was set back since can explain it.
    """
    if blocked_at is None or now - blocked_at >= COOL_DOWN:
        return ""
    until = min(blocked_at, now) + COOL_DOWN
    return (
        f"NCBI refused this address on {blocked_at:%Y-%m-%d %H:%M} UTC; it is left alone until "
        f"{until:%Y-%m-%d %H:%M} UTC: write to info@ncbi.nlm.nih.gov"
    )
