"""What an error of the model's libraries means. Needs no torch."""

from __future__ import annotations

SIGNS = ("out of memory", "outofmemory", "can't allocate memory", "alloc_failed", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """True for an error that less memory use would have prevented, on the device or on the host."""
    text = f"{type(error).__name__} {error}".lower()
    return isinstance(error, MemoryError) or any(sign in text for sign in SIGNS)
