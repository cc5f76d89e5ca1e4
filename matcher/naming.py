"""Swedish names of countries, and of border points and missions by UN/LOCODE as far as they are known here."""

from __future__ import annotations

import gettext
from functools import lru_cache

import pycountry

from schemas.countries import same_state

# Sweden's border points of the air, sea and land that see most travellers (UN/LOCODE 2024-2).
_SWEDISH = {
    "SEARN": "Arlanda",
    "SEGOT": "Göteborg",
    "SELDR": "Landvetter",
    "SEGSE": "Säve",
    "SEMMA": "Malmö",
    "SEMMX": "Sturup",
    "SESTO": "Stockholm",
    "SENYO": "Skavsta",
    "SEVST": "Västerås",
    "SEBMA": "Bromma",
    "SEHEL": "Helsingborg",
    "SETRG": "Trelleborg",
    "SEYST": "Ystad",
    "SEKAN": "Karlshamn",
    "SEKAA": "Karlskrona",
    "SEHAD": "Halmstad",
    "SELLA": "Luleå",
    "SEUME": "Umeå",
    "SEVBY": "Visby",
    "SENYN": "Nynäshamn",
    "SEKPS": "Kapellskär",
}


@lru_cache
def _swedish() -> gettext.NullTranslations:
    return gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["sv"])


@lru_cache
def country_name(code: str) -> str:
    """Swedish name of a country (iso-codes), else the code itself."""
    known = pycountry.countries.get(alpha_3=same_state(code))
    return _swedish().gettext(getattr(known, "common_name", known.name)) if known is not None else code


def place_name(code: str) -> str:
    """Such as `Arlanda (SEARN)`, `Irak (IQBGW)`, or for a masked place its country alone, `Sverige`."""
    if code in _SWEDISH:
        return f"{_SWEDISH[code]} ({code})"
    country = pycountry.countries.get(alpha_2=code[:2])
    if country is None:
        return code
    name = country_name(country.alpha_3)
    return name if len(code) == 2 else f"{name} ({code})"
