"""What a call needs of its carrier besides sound; filled in `telephony/`."""

from dataclasses import dataclass
from typing import Literal, Protocol

TransferMode = Literal["cold", "warm"]


@dataclass(frozen=True, slots=True)
class TransferResult:
    """How a transfer went.

    Attributes:
        connected: The caller talks to somebody else now; else the call goes on here.
        reason: Why not: `busy`, `no_answer`, `refused`, `failed`, `unsupported`.
    """

    connected: bool
    reason: str = ""


class CallControl(Protocol):
    """What a carrier can do with a call besides carrying its sound.

    Attributes:
        transfers: The ways in which it can pass a call on; empty if it cannot.
        sends_dtmf: Whether keys can be pressed towards the other side.
    """

    transfers: frozenset[TransferMode]
    sends_dtmf: bool

    async def hang_up(self) -> None:
        """End the call at the carrier; may be called twice, and after the other side has gone."""

    async def transfer(self, target: str, mode: TransferMode, summary: str | None) -> TransferResult:
        """Pass the caller on, and return once it is known how that went.

        Args:
            target: A telephone number (E.164) or what else the carrier knows, such as a SIP address.
            mode: One of `transfers`; `warm` tells the other one `summary` before they are put together.
            summary: What the call was about so far.

        Raises:
            ProviderError: The carrier cannot be reached; the call goes on here.
        """

    async def send_dtmf(self, digits: str) -> None:
        """Press keys (`0`-`9`, `*`, `#`, and `w` for half a second's wait), where `sends_dtmf`.

        Raises:
            ProviderError: The carrier refuses or cannot be reached.
        """
