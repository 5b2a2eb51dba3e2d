"""How well a few typed letters fit a name, and which letters of it they meet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fit:
    """A match; the smaller, the better.

    Attributes:
        cost: 0 where the name begins with what was typed.
        length: of the name: of two that fit alike, the shorter one is meant.
        at: places of the letters met.
    """

    cost: int
    length: int
    at: tuple[int, ...] = ()


def fit(typed: str, name: str, more: str = "") -> Fit | None:
    """How well the typed words fit a name, in any order; None where one of them does not.

    Args:
        more: other words that stand for the name; a hit there is worse than any in the name itself.
    """
    cost, met = 0, set()
    for word in typed.casefold().split():
        hit = _word(word, name.casefold()) or _elsewhere(word, more.casefold())
        if hit is None:
            return None
        cost += hit[0]
        met.update(hit[1])
    return Fit(cost, len(name), tuple(sorted(met)))


def _word(word: str, name: str) -> tuple[int, list[int]] | None:
    starts = [i for i, c in enumerate(name) if c.isalnum() and (i == 0 or not name[i - 1].isalnum())]
    for start in starts:
        if name.startswith(word, start):
            return (0 if start == 0 else 1), list(range(start, start + len(word)))
    at = name.find(word)
    if at >= 0 and (len(word) > 1 or not word.isalnum()):  # a single letter in the middle means nothing
        return 3, list(range(at, at + len(word)))
    for start in starts:
        if name[start] == word[0] and (places := _scattered(word, name, start, starts)):
            return 4, places
    return None


def _scattered(word: str, name: str, start: int, starts: list[int]) -> list[int] | None:
    """Places of the letters in order from `start`, each next to the last one or at the start of a word."""
    out = [start]
    for letter in word[1:]:
        following = [out[-1] + 1, *(s for s in starts if s > out[-1] + 1)]
        place = next((i for i in following if i < len(name) and name[i] == letter), None)
        if place is None:
            return None
        out.append(place)
    return out


def _elsewhere(word: str, more: str) -> tuple[int, list[int]] | None:
    return (6, []) if any(part.startswith(word) for part in more.split()) else None
