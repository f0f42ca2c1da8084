"""The one place that reads a clock."""

import asyncio
import datetime


class Clock:
    """Give the running loop's time to shells, and calendar time to records."""

    def now_s(self) -> float:
        """Return monotonic seconds of the running event loop; tests make it jump."""
        return asyncio.get_running_loop().time()

    def utc(self) -> datetime.datetime:
        """Return aware UTC; for records only, never for measuring."""
        return datetime.datetime.now(datetime.UTC)  # noqa: TID251  this is the one reader
