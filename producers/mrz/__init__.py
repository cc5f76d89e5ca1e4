"""The machine readable zone of travel documents: read, written and turned into a traveller (ICAO Doc 9303).

`read(text, now)` gives an `Mrz`; `write(mrz)` prints one; `to_traveller(mrz)` is what border control publishes.
"""

from producers.mrz.fields import Mrz, MrzFormat, check_digit
from producers.mrz.reader import read
from producers.mrz.transliteration import transliterate
from producers.mrz.traveller import KindReading, document_kind, to_traveller
from producers.mrz.writer import write

__all__ = [
    "KindReading",
    "Mrz",
    "MrzFormat",
    "check_digit",
    "document_kind",
    "read",
    "to_traveller",
    "transliterate",
    "write",
]
