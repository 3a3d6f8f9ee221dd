"""The sandbox's own clock. It can be moved, so that a test can make a signature too old."""

import email.utils
import time
from datetime import datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))


class SandboxClock:
    def __init__(self, offset_seconds=0, system_time=time.time):
        self.offset_seconds = offset_seconds
        self._system_time = system_time

    def now(self):
        """Seconds since 1970 (UTC), moved by the offset."""
        return self._system_time() + self.offset_seconds


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def order_time(seconds):
    """The form of the sample answer: 2025-04-23T14:13:44.000+08:00."""
    return datetime.fromtimestamp(int(seconds), SHANGHAI).isoformat(timespec="milliseconds")
