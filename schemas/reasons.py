"""Why a record is refused: stable codes that operators count and agencies program against.

A code is never renamed or reused. It says what is wrong with a record and never holds anything of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """Reason code of a refusal, with the sentence that tells the sender what to do in `advice`."""

    PAYLOAD_MISSING = "payload-missing"
    PAYLOAD_TOO_LARGE = "payload-too-large"
    FRAMING_UNKNOWN = "framing-unknown"
    SCHEMA_UNKNOWN = "schema-unknown"
    SCHEMA_INCOMPATIBLE = "schema-incompatible"
    PAYLOAD_CORRUPT = "payload-corrupt"
    PAYLOAD_TRUNCATED = "payload-truncated"
    PAYLOAD_TRAILING = "payload-trailing"
    KEY_MISMATCH = "key-mismatch"
    JSON_INVALID = "json-invalid"
    FIELD_INVALID = "field-invalid"
    EVENT_ID_INVALID = "event-id-invalid"
    REVISION_INVALID = "revision-invalid"
    TIME_IMPOSSIBLE = "time-impossible"
    DAY_NOT_MIDNIGHT = "day-not-midnight"
    DISCLOSURE_MISSING = "disclosure-missing"
    AUTHORITY_NOT_PERMITTED = "authority-not-permitted"
    TRAVELLER_EMPTY = "traveller-empty"
    TEXT_TOO_LONG = "text-too-long"
    TOO_MANY_VALUES = "too-many-values"
    COUNTRY_UNKNOWN = "country-unknown"
    BIRTH_DATE_IMPOSSIBLE = "birth-date-impossible"
    DOCUMENT_NUMBER_INVALID = "document-number-invalid"
    PERSONAL_NUMBER_INVALID = "personal-number-invalid"
    DOSSIER_NUMBER_INVALID = "dossier-number-invalid"
    PLACE_INVALID = "place-invalid"
    COUNTRY_BASIS_MISSING = "country-basis-missing"
    COUNTRY_MISSING = "country-missing"
    PASSPORT_MISSING = "passport-missing"
    STAY_IMPOSSIBLE = "stay-impossible"
    DECISION_UNSIGNED = "decision-unsigned"
    MRZ_FORMAT = "mrz-format"
    DOCUMENT_CHECK_DIGIT = "document-check-digit"
    REDRIVE_SOURCE_GONE = "redrive-source-gone"
    REDRIVE_SOURCE_CHANGED = "redrive-source-changed"
    PERSON_TOO_LARGE = "person-too-large"
    EVENT_TOO_LARGE = "event-too-large"
    HANDLER_FAILED = "handler-failed"

    @property
    def advice(self) -> str:
        """One sentence: what is wrong and what the sender should do."""
        return _ADVICE[self]


_ADVICE = {
    Reason.PAYLOAD_MISSING: "The record has no value; publish withdrawals as events of kind WITHDRAWN, not as tombstones.",
    Reason.PAYLOAD_TOO_LARGE: "The record is larger than the topic allows; send one traveller per event and no attachments.",
    Reason.FRAMING_UNKNOWN: "The first byte is neither 0x00 (Confluent) nor 0xC3 (Avro single object); use the publisher.",
    Reason.SCHEMA_UNKNOWN: "The schema id or fingerprint is not known here; register the schema or use a committed version.",
    Reason.SCHEMA_INCOMPATIBLE: "The record was written with a schema of another record or an incompatible one.",
    Reason.PAYLOAD_CORRUPT: "The bytes do not decode with the schema that they name; check how the record is serialised.",
    Reason.PAYLOAD_TRUNCATED: "The record ends before its last field; check how the record is serialised.",
    Reason.PAYLOAD_TRAILING: "Bytes follow the last field; check how the record is serialised.",
    Reason.KEY_MISMATCH: "The record's key is not the identity inside it; use that identity as text as the key.",
    Reason.JSON_INVALID: "The line is not a JSON object; put one event on one line.",
    Reason.FIELD_INVALID: "A field is missing, unknown or of the wrong type; compare with the schema's documentation.",
    Reason.EVENT_ID_INVALID: "The identity is not a UUID in its canonical lower-case form.",
    Reason.REVISION_INVALID: "REPORTED goes with revision 1; CORRECTED and WITHDRAWN with a higher one.",
    Reason.TIME_IMPOSSIBLE: "The event lies after it was recorded, or before 1990; check clocks and time zones (UTC).",
    Reason.DAY_NOT_MIDNIGHT: "An event known by its day alone (DAY) stands at 00:00 UTC of that date, not at midnight of a time zone.",
    Reason.DISCLOSURE_MISSING: "Authority, unit, legal ground, weighing and purpose must all be stated.",
    Reason.AUTHORITY_NOT_PERMITTED: "This authority may not publish to this topic; see the table of topics.",
    Reason.TRAVELLER_EMPTY: "The traveller has no document, number or name; there is nothing to compare.",
    Reason.TEXT_TOO_LONG: "A text is longer than allowed.",
    Reason.TOO_MANY_VALUES: "A list holds more values than allowed.",
    Reason.COUNTRY_UNKNOWN: "A country code is not a three-letter code of ISO 3166-1 or ICAO Doc 9303.",
    Reason.BIRTH_DATE_IMPOSSIBLE: "The birth date is not a date of the calendar; leave out the parts that are not known.",
    Reason.DOCUMENT_NUMBER_INVALID: "The document number is empty or has characters other than letters, digits, space and hyphen.",
    Reason.PERSONAL_NUMBER_INVALID: "The personal number is not 12 digits with a correct check digit.",
    Reason.DOSSIER_NUMBER_INVALID: "The dossier number is not 8 digits.",
    Reason.PLACE_INVALID: "The place is not a UN/LOCODE of five characters.",
    Reason.COUNTRY_BASIS_MISSING: "A country is stated without how it is known, or the other way round.",
    Reason.COUNTRY_MISSING: "This kind of observation needs a country.",
    Reason.PASSPORT_MISSING: "An observed passport must be among the traveller's documents: its issuing state, and PRESENTED or APPLIED_FOR as observed.",
    Reason.STAY_IMPOSSIBLE: "The length of stay is negative, beyond a lifetime, or told for an exit.",
    Reason.DECISION_UNSIGNED: "A decision must say who decided and why.",
    Reason.MRZ_FORMAT: "The machine readable zone has not the lines, length or characters of TD1, TD2 or TD3.",
    Reason.DOCUMENT_CHECK_DIGIT: "A check digit of the machine readable zone is wrong; read the document again.",
    Reason.REDRIVE_SOURCE_GONE: "The source no longer holds the record; its retention has passed.",
    Reason.PERSON_TOO_LARGE: "All that is known of the person is more than a topic takes; decide reviews, then order resesignal replay --again.",
    Reason.EVENT_TOO_LARGE: "More people were found for one event id than a topic takes: give each event its own id.",
    Reason.HANDLER_FAILED: "The service failed on this record; report it, and redrive the record once that is mended.",
    Reason.REDRIVE_SOURCE_CHANGED: "The source holds another record there than the one that was refused.",
}


class Refused(Exception):  # noqa: N818 - it reads as what happened; it is not a fault of the program
    """A record is refused.

    Attributes:
        reason: the stable code.
        field: path of the field, or None; never its value, so the text is safe to log.
    """

    def __init__(self, reason: Reason, field: str | None = None) -> None:
        super().__init__(f"{reason.value}{f' ({field})' if field else ''}")
        self.reason = reason
        self.field = field

    def alone(self) -> Self:
        """The same refusal, to be kept: without the traceback and the error it came of, whose frames hold all that was
        at hand, in a circle where it is kept there."""
        self.__context__ = None
        return self.with_traceback(None)
