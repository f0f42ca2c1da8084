"""What can be bought."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Package:
    """Credits at a price.

    Attributes:
        price_cents: In US cents.
        credits_cents: What the account gets.
    """

    id: str
    name: str
    price_cents: int
    credits_cents: int
    description: str


PACKAGES: Final = (
    Package("starter", "Starter", 500, 500, "About 2 hours and 45 minutes of conversation"),
    Package("standard", "Standard", 1500, 1600, "About 9 hours of conversation"),
    Package("pro", "Pro", 4000, 5000, "About 28 hours of conversation"),
)
BY_ID: Final = {package.id: package for package in PACKAGES}
