"""A cache bounded by bytes for what is kept as it is: Streamlit bounds by size only what it keeps as pickled copies."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class SizedCache(Generic[Key, Value]):
    """What was asked for last, up to about so many bytes together; one value alone may be larger. Visitors share it.

    size: bytes of a value, asked again whenever another one comes: values may grow.
    """

    def __init__(self, most: int, size: Callable[[Key, Value], int]) -> None:
        self._most, self._size = most, size
        self._kept: OrderedDict[Key, Value] = OrderedDict()  # asked for last comes last
        self._looked_at = 0  # how many there were when their bytes were summed last
        self._lock = threading.Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of that key, made where it is not kept; what make raises is raised."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()  # the others need not wait
        with self._lock:
            value = self._kept.setdefault(key, made)
            self._kept.move_to_end(key)
            self._drop_oldest()
            return value

    def bytes(self) -> int:
        """Of all that is kept, now."""
        return sum(self._size(key, value) for key, value in self._kept.items())

    def _drop_oldest(self) -> None:
        if len(self._kept) <= self._looked_at + self._looked_at // 8:
            return  # so that thousands are not summed for each that comes
        while len(self._kept) > 1 and self.bytes() > self._most:
            self._kept.popitem(last=False)
        self._looked_at = len(self._kept)
