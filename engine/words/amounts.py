"""Seconds and bytes as a person reads them at a glance: the one wording of window, command and messages.

Units are symbols, so that they fit a card, read the same in every language and can be a sentence's value.
"""

from __future__ import annotations

MINUTE, HOUR, MB, GB = 60.0, 3600.0, 1e6, 1e9
LONG = 90
"""Seconds up to which seconds are counted, and minutes up to which minutes are."""
FEW_HOURS = 4
"""Up to which the minutes beside the hours say something."""
WHOLE = 20
"""Gigabytes from which tenths say nothing."""


def duration(seconds: float) -> str:
    """ "45 s", "6 min", "1 h 20 min", "18 h"; never "0 s"."""
    if seconds < LONG:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / MINUTE)
    if minutes < LONG:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours < FEW_HOURS and rest else f"{round(seconds / HOUR)} h"


def time_left(seconds: float) -> str:
    """As `duration`, but coarse, so that a number that is shown all the time does not flicker: steps of 5 s from 10."""
    step = 1 if seconds < 10 else 5
    return duration(max(step, round(seconds / step) * step) if seconds < LONG else max(LONG, seconds))


def gigabytes(count: float) -> str:
    """Bytes as "7.7 GB" or "12 GB" (10^9); whole numbers from 20 on."""
    value = count / GB
    return f"{value:.0f} GB" if value >= WHOLE else f"{value:.1f}".removesuffix(".0") + " GB"


def size(count: float) -> str:
    """Bytes to a tenth: "57.7 GB", or "5 MB" where that would be nothing."""
    return f"{count / GB:.1f} GB" if count >= GB / 10 else f"{count / MB:.0f} MB"


def apart(one: float, other: float) -> tuple[str, str]:
    """Two counts of bytes, as finely as it takes to tell them apart."""
    first, second = gigabytes(one), gigabytes(other)
    if first == second:
        return f"{one / GB:.2f} GB", f"{other / GB:.2f} GB"
    return first, second
