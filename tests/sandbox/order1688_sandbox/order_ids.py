"""Fresh order ids: 19 digits, above 2^53, so that a double cannot hold them exactly."""

import secrets
import threading
from decimal import Decimal


class OrderIds:
    """Unique in the process. From `first` on one by one, if it is given; else by chance, so that they
    differ from run to run. Thread-safe."""

    def __init__(self, first=None):
        self._lock = threading.Lock()
        self._counts_up = first is not None
        by_chance = 2_500_000_000_000_000_000 + secrets.randbelow(10**17)
        self._last = first - 1 if self._counts_up else by_chance

    def fresh(self):
        with self._lock:
            self._last += 1 if self._counts_up else 1 + secrets.randbelow(1000)
            return self._last


def javascript_number(exact):
    """What JavaScript prints for the double nearest to `exact`: the shortest digits that name the
    double, filled up with zeros. The sample answer has its numeric ids damaged in this way."""
    return int(Decimal(repr(float(exact))))
