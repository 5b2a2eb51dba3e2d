"""Things kept by a key as long as there is memory for them, the least used going first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class ByteCache:
    """Values with their size in bytes and their owners.

    A key may hold the id of an owner: while the value is kept, so is the owner, and its id cannot be given to another.

    Attributes:
        bytes: of all values. budget: of them at most; one value may be larger.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.bytes = 0
        self._kept: OrderedDict[Hashable, tuple[Any, int, tuple[Any, ...]]] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        entry = self._kept.get(key)
        if entry is None:
            return None
        self._kept.move_to_end(key)
        return entry[0]

    def put(self, key: Hashable, value: Any, size: int, owners: tuple[Any, ...]) -> None:
        """Keep a value of `size` bytes, and its owners with it; others may have to go."""
        self.pop(key)
        self._kept[key] = (value, size, owners)
        self.bytes += size
        self.trim()

    def pop(self, key: Hashable) -> Any:
        """Let go of a value and return it, or None."""
        entry = self._kept.pop(key, None)
        if entry is None:
            return None
        self.bytes -= entry[1]
        return entry[0]

    def kept_keys(self) -> list[Hashable]:
        """The keys of all values, the least used first."""
        return list(self._kept)

    def trim(self) -> None:
        """Let the least used values go until the rest is within the budget."""
        while self.bytes > self.budget and len(self._kept) > 1:
            _, (_, size, _) = self._kept.popitem(last=False)
            self.bytes -= size

    def clear(self) -> None:
        """Let go of everything."""
        self._kept.clear()
        self.bytes = 0
