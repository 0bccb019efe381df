"""Random numbers by name: every draw has a key, so that one more draw in one place moves nothing elsewhere.

Two policies can then be compared on the same luck: the third time that a person is paged takes as long under both.
Keys are hashed with BLAKE2, which is the same on every Python and whatever the hash seed.
"""

from __future__ import annotations

import hashlib
import math
import random

Key = str | int


class Draws:
    """The chance of one drill: a seed, and draws from it by key."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def uniform(self, *key: Key) -> float:
        """A number strictly between 0 and 1."""
        return (self._integer(key) + 0.5) / 2**53

    def normal(self, *key: Key) -> float:
        """A standard normal number (Box and Muller, 1958)."""
        radius = math.sqrt(-2 * math.log(self.uniform(*key)))
        return radius * math.cos(2 * math.pi * self.uniform(*key, "angle"))

    def lognormal_ms(self, median_ms: float, sigma: float, *key: Key) -> int:
        """A duration in whole milliseconds whose logarithm is normal, with this median and sigma of ln."""
        return round(median_ms * math.exp(sigma * self.normal(*key)))

    def exponential_ms(self, mean_ms: float, *key: Key) -> int:
        """A waiting time in whole milliseconds, at least one."""
        return max(1, round(-mean_ms * math.log(self.uniform(*key))))

    def stream(self, *key: Key) -> random.Random:
        """A generator of its own for a long series of draws that are always taken in order."""
        return random.Random(self._integer(key))  # noqa: S311 - simulation, not secrets

    def _integer(self, key: tuple[Key, ...]) -> int:
        text = "\x1f".join(map(str, (self.seed, *key)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 11
