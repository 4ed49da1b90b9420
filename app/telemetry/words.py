"""How findings say counts, times and sizes."""

from datetime import timedelta


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 reply`, `2 replies`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def span(time: timedelta) -> str:
    """A time in the largest unit that is still telling."""
    seconds = max(int(time.total_seconds()), 0)
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"


def size(count: int) -> str:
    """Bytes in the largest unit that is still telling."""
    for unit, of in (("GB", 2**30), ("MB", 2**20)):
        if count >= 10 * of:
            return f"{count // of} {unit}"
        if count >= of:
            return f"{count / of:.1f} {unit}"
    return f"{max(count // 1024, 1)} KB"
