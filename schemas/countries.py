"""Country codes as they stand in travel documents: ISO 3166-1 alpha-3 and the additions of ICAO Doc 9303 part 3."""

from __future__ import annotations

import pycountry

STATELESS = "XXA"
SWEDEN = "SWE"

# ICAO Doc 9303 part 3, section 5, parts B to E: what is not in ISO 3166-1 and occurs in documents. Kosovo (RKS, and
# XKX by use) and the United Kingdom's kinds of nationality are among them.
# fmt: off
ICAO_ADDITIONS = frozenset({
    "D", "EUE", "GBD", "GBN", "GBO", "GBP", "GBS", "RKS", "XKX", "UNO",
    "UNA", "UNK", "XBA", "XIM", "XCC", "XCE", "XCO", "XEC", "XPO", "XES",
    "XMP", "XOM", "XDC", "XXA", "XXB", "XXC", "XXX", "UTO",
})
# fmt: on
COUNTRY_CODES: frozenset[str] = frozenset(country.alpha_3 for country in pycountry.countries) | ICAO_ADDITIONS

# Germany writes D in its documents (Doc 9303), DEU elsewhere: one state.
SAME_STATES = {"D": "DEU", "XKX": "RKS"}


def same_state(code: str) -> str:
    """The one code under which a state is compared."""
    return SAME_STATES.get(code, code)
