"""What is reckoned from lists of numbers: the middle, nine of ten, and how even a load is."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate, pairwise


@dataclass(frozen=True)
class Spread:
    """How long something took: of how many times, the median, what nine of ten took at most, and the longest.

    Between two times that were measured both are on a straight line (`statistics.quantiles`, inclusive).
    """

    count: int = 0
    median: timedelta | None = None
    p90: timedelta | None = None
    longest: timedelta | None = None


def spread(seconds: Sequence[float]) -> Spread:
    """The spread of these times."""
    if not seconds:
        return Spread()
    longest = timedelta(seconds=max(seconds))
    if len(seconds) == 1:
        return Spread(1, longest, longest, longest)
    nine_of_ten = timedelta(seconds=statistics.quantiles(seconds, n=10, method="inclusive")[8])
    return Spread(len(seconds), timedelta(seconds=statistics.median(seconds)), nine_of_ten, longest)


def gini(amounts: Iterable[int]) -> float | None:
    """How uneven amounts are: 0 where all are the same, near 1 where one has all; None where nobody has any."""
    ordered = sorted(amounts)
    total, count = sum(ordered), len(ordered)
    if not total:
        return None
    return sum((2 * n - count - 1) * amount for n, amount in enumerate(ordered, 1)) / (count * total)


def lorenz(amounts: Iterable[int]) -> list[tuple[float, float]]:
    """The Lorenz curve: which share of all the least loaded share has, from (0, 0) to (1, 1)."""
    ordered = sorted(amounts)
    total = sum(ordered)
    if not total:
        return []
    shares = accumulate(ordered, initial=0)
    return [(n / len(ordered), share / total) for n, share in enumerate(shares)]


def share_of(curve: Sequence[tuple[float, float]], part: float) -> float:
    """The share of all that this part of the people has, on the lines between the points of a Lorenz curve."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if part <= x1 + 1e-9:
            return y0 + (y1 - y0) * (part - x0) / (x1 - x0)
    return 1.0
