"""Which Swedish mission tells of what was seen in a country, or of a country's passport."""

from __future__ import annotations

from collections.abc import Mapping

# Of so many a number is drawn: it falls as often on one mission as on the other.
LOTS = 8

# By country the seats (UN/LOCODE 2024-2) of the missions that may tell of it: those that lie there or, where Sweden has
# no embassy, the one that covers the country from outside. As is generally known, and simplified: embassies that had to
# leave for a time (Baghdad, Khartoum) stand where they belong.
MISSIONS: Mapping[str, tuple[str, ...]] = {
    "AFG": ("QADOH",),  # from Doha
    "ARE": ("AEAUH",),
    "DEU": ("DEBER",),
    "DNK": ("DKCPH",),
    "EGY": ("EGCAI",),
    "ERI": ("SDKRT",),  # from Khartoum
    "ESP": ("ESMAD",),
    "ETH": ("ETADD",),
    "GBR": ("GBLON",),
    "GRC": ("GRATH",),
    "IRN": ("IRTHR",),
    "IRQ": ("IQBGW",),
    "ITA": ("ITROM",),
    "JOR": ("JOAMM",),
    "KEN": ("KENBO",),
    "LBN": ("LBBEY",),
    "NLD": ("NLHAG",),
    "PAK": ("PKISB",),
    "RUS": ("RUMOW",),
    "SDN": ("SDKRT",),
    "SOM": ("KENBO",),  # from Nairobi
    "SYR": ("LBBEY",),  # from Beirut
    "THA": ("THBKK",),
    "TUR": ("TRANK", "TRIST"),
    "USA": ("USWAS", "USNYC"),
    "YEM": ("SARUH",),  # from Riyadh
}


def mission_for(country: str, drawn: int = 0) -> str:
    """The seat of a mission that tells of the country: of several, the one that the number falls on."""
    missions = MISSIONS[country]
    return missions[drawn % len(missions)]
