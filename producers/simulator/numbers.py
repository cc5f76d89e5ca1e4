"""Numbers and ids that are right in form and belong to nobody."""

from __future__ import annotations

from random import Random

_SPREAD = 10_000_000
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def mixed(number: int) -> int:
    """A seven-digit number for each number below ten million, each its own: the factor has no divisor of 10^7."""
    return (number * 7_919_317 + 1_234_567) % _SPREAD


def personal_number(year: int, month: int, day: int, serial: int) -> str:
    """Twelve digits with the Luhn check digit of SKV 704; add 60 to the day for a samordningsnummer."""
    digits = f"{year:04}{month:02}{day:02}{serial:03}"
    a, b, c, d, e, f, g, h, i = map(int, digits[2:])
    double = _DOUBLED
    total = double[a] + b + double[c] + d + double[e] + f + double[g] + h + double[i]
    return f"{digits}{-total % 10}"


def uuid_text(rng: Random) -> str:
    """A UUID of version 4 (RFC 9562) as text, drawn from `rng`; several times faster than `uuid.UUID`."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"
