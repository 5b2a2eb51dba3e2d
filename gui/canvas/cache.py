"""Things kept by a key as long as there is memory for them, the least used going first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
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

    def keys(self, wanted: Callable[[Hashable], bool]) -> list[Hashable]:
        return [key for key in self._kept if wanted(key)]

    def trim(self) -> None:
        while self.bytes > self.budget and len(self._kept) > 1:
            _, (_, size, _) = self._kept.popitem(last=False)
            self.bytes -= size

    def clear(self) -> None:
        self._kept.clear()
        self.bytes = 0
