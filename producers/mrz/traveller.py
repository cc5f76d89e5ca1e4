"""The traveller of an event from a machine readable zone, and which kind of document it is.

The zone does not always tell the kind. The second letter of the document code is standard only since the eighth
edition of Doc 9303 (part 4, 4.4: PP, PE, PD, PO, PM, PR, PS, PT, PL, PU) and was free before: PS is a service passport
in one state and a stateless person's in another. So the letter counts only where the nationality fits it, and what is
left is a best reading, marked as uncertain. A holder with the issuing state's own nationality has its passport,
whatever the letter: no state issues its nationals refugee documents. It is the reading that matters, the home passport.
"""

from __future__ import annotations

from typing import NamedTuple

from producers.mrz.fields import Mrz
from schemas.checks import valid_personal_number
from schemas.countries import STATELESS, SWEDEN, same_state
from schemas.records import DocumentKind, DocumentUse, NameForm, PersonName, SeenDocument, Traveller

REFUGEE_1951 = "XXB"
# The kinds of British nationality (part 3, section 5) are all documented by the United Kingdom's passport.
_BRITISH = frozenset({"GBD", "GBN", "GBO", "GBP", "GBR", "GBS"})
_ORGANISATIONS = frozenset(
    {"EUE", "UNA", "UNK", "UNO", "XBA", "XCC", "XCE", "XCO", "XDC", "XEC", "XES", "XIM", "XMP", "XOM", "XPO"}
)


class KindReading(NamedTuple):
    """A kind of document, and whether the zone says so beyond doubt."""

    kind: DocumentKind
    certain: bool


def document_kind(mrz: Mrz) -> KindReading:
    """The kind of document, from document code, issuing state and nationality.

    Uncertain: a book of a code without a standard letter, held by a national of another state (an alien's passport is
    assumed; it may be a refugee travel document that states the citizenship, as Swedish ones may), by a stateless
    person (a 1954 travel document is assumed; it may be a refugee's or an alien's passport), by another refugee (XXC)
    or by somebody of unspecified nationality (XXX); and a card held by a foreigner that is no residence permit by its
    code.
    """
    own = _issued_to_own_national(mrz)
    if not mrz.document_code.startswith("P"):
        return _kind_of_card(mrz.document_code, own)
    letter = mrz.document_code[1:]
    if letter in ("L", "U") or mrz.issuing_state in _ORGANISATIONS:
        return KindReading(DocumentKind.OTHER, certain=True)
    if own:
        return KindReading(DocumentKind.PASSPORT, certain=True)
    if letter == "R" or mrz.nationality == REFUGEE_1951:
        return KindReading(DocumentKind.REFUGEE_TRAVEL_DOCUMENT, certain=True)
    if letter == "T":
        return KindReading(DocumentKind.ALIENS_PASSPORT, certain=True)
    if mrz.nationality == STATELESS:
        return KindReading(DocumentKind.STATELESS_TRAVEL_DOCUMENT, certain=letter == "S")
    return KindReading(DocumentKind.ALIENS_PASSPORT, certain=False)


def _kind_of_card(code: str, own: bool) -> KindReading:
    if code[0] not in "ACI" or code == "AC":  # AC: crew member certificate
        return KindReading(DocumentKind.OTHER, certain=True)
    if own:
        return KindReading(DocumentKind.IDENTITY_CARD, certain=True)
    if code[1:] == "R":  # Regulation (EC) 1030/2002, the uniform residence permit
        return KindReading(DocumentKind.RESIDENCE_PERMIT_CARD, certain=True)
    return KindReading(DocumentKind.IDENTITY_CARD, certain=False)


def _issued_to_own_national(mrz: Mrz) -> bool:
    if mrz.issuing_state in _BRITISH and mrz.nationality in _BRITISH:
        return True
    return same_state(mrz.issuing_state) == same_state(mrz.nationality)


def to_traveller(mrz: Mrz, use: DocumentUse = DocumentUse.PRESENTED) -> Traveller:
    """The traveller as read, with one document of the given use.

    Swedish documents carry the personal number as 12 digits in the optional data; it is taken from there where it is
    one by its check digit, and from no other state's document.
    """
    optional = mrz.optional_data
    swedish_number = mrz.issuing_state == SWEDEN and valid_personal_number(optional)
    return Traveller(
        documents=(
            SeenDocument(
                number=mrz.document_number, issuing_state=mrz.issuing_state, kind=document_kind(mrz).kind, use=use
            ),
        ),
        personal_number=optional if swedish_number else None,
        names=(PersonName(surname=mrz.surname, given_names=mrz.given_names, form=NameForm.MRZ),),
        birth_date=mrz.birth_date,
        citizenships=(mrz.nationality,),
        sex=mrz.sex,
    )
