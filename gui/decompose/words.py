"""Seconds and bytes in words that a person reads at a glance."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """ "45 s", "6 min", "1 h 20 min", "18 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours < 4 and rest else f"{round(minutes / 60)} h"


def gigabytes(count: float) -> str:
    """Bytes as "7.7 GB" or "12 GB"; whole numbers from 20 on."""
    value = count / 1e9
    return f"{value:.0f} GB" if value >= 20 else f"{value:.1f}".removesuffix(".0") + " GB"
