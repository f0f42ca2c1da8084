"""How a fake behaves in time: slow, dribbling, stalling or failing."""

import asyncio
from dataclasses import dataclass

from kit.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Pace:
    """The delays of one answer and where it breaks.

    Attributes:
        first_s: Wait before the first piece.
        gap_s: Wait before each further piece.
        stall_after: After so many pieces nothing more comes, ever.
        fail_after: After so many pieces `ProviderError` is raised.
        retryable: Of that error.
        retry_after_s: Likewise.
    """

    first_s: float = 0.0
    gap_s: float = 0.0
    stall_after: int | None = None
    fail_after: int | None = None
    retryable: bool = True
    retry_after_s: float | None = None

    async def before(self, piece: int) -> None:
        """Wait as long as piece number `piece` (from 0) takes, or break.

        Raises:
            ProviderError: The script says that it fails here.
        """
        delay_s = self.first_s if piece == 0 else self.gap_s
        if delay_s > 0:
            await asyncio.sleep(delay_s)
        if self.fail_after is not None and piece >= self.fail_after:
            raise ProviderError(
                "fake", "failed as scripted", retryable=self.retryable, retry_after_s=self.retry_after_s
            )
        if self.stall_after is not None and piece >= self.stall_after:
            await asyncio.Event().wait()


INSTANT = Pace()
