"""Faults as answers: problem details (RFC 9457) for programs, a plain Swedish page for people."""

from __future__ import annotations

from enum import Enum

from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from consumers.case_queue.templates import render

RETRY_AFTER_S = 5
PROBLEM_JSON = "application/problem+json"
OPENAPI = "/api/v1/openapi.json"


class Problem(BaseModel):
    """Problem details: `code` is stable, the texts are for people. Holds nothing of what was sent."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: list[str] | None = None


class Fault(Enum):
    """What can go wrong: status, code, English title and detail, Swedish heading and text."""

    HOST = (
        400,
        "host-not-permitted",
        "Host not permitted",
        "Ask by the address 127.0.0.1, localhost or [::1].",
        "Adressen är inte tillåten",
        "Öppna sidan med adressen 127.0.0.1 eller localhost.",
    )
    INVALID = (
        422,
        "request-invalid",
        "Request invalid",
        f"A parameter is unknown or has a value that is not allowed; see the OpenAPI document at {OPENAPI}.",
        "Urvalet kan inte läsas",
        "Någon del av adressen är felaktig. Gå tillbaka till listan och välj på nytt.",
    )
    CURSOR = (
        400,
        "cursor-invalid",
        "Cursor invalid",
        "The cursor was not made by this list in this order; begin with the first page.",
        "Sidan finns inte",
        "Bläddringen hör till ett annat urval. Börja om från listans första sida.",
    )
    NOT_FOUND = (
        404,
        "not-found",
        "Not found",
        "There is nothing here.",
        "Sidan finns inte",
        "Det finns inget underlag med den beteckningen. Det kan ha gallrats.",
    )
    METHOD = (
        405,
        "method-not-allowed",
        "Method not allowed",
        "The queue can only be read.",
        "Det går inte att ändra här",
        "Kön kan än så länge bara läsas.",
    )
    UNAVAILABLE = (
        503,
        "queue-unavailable",
        "Queue unavailable",
        "The database does not answer in time; try again shortly.",
        "Kön svarar inte just nu",
        "Databasen svarar inte. Inget har gått förlorat. Försök igen om en liten stund.",
    )
    BROKEN = (
        500,
        "internal-error",
        "Internal error",
        "The request could not be answered; the fault has been logged.",
        "Något gick fel",
        "Sidan kunde inte visas. Felet har noterats utan personuppgifter. Kontakta driften om det upprepas.",
    )


def for_people(path: str) -> bool:
    """Whether a path belongs to the pages."""
    return not path.startswith(("/api/", "/health/"))


def fault_response(path: str, fault: Fault, *, fields: list[str] | None = None) -> Response:
    """The answer for a fault, in the form that fits the path."""
    status, code, title, detail, heading, words = fault.value
    headers = {"retry-after": str(RETRY_AFTER_S)} if fault is Fault.UNAVAILABLE else {}
    if for_people(path):
        return HTMLResponse(render("fault.html", heading=heading, words=words), status, headers)
    problem = Problem(
        type=f"urn:resesignal:problem:{code}", title=title, status=status, detail=detail, code=code, fields=fields
    )
    return Response(problem.model_dump_json(exclude_none=True), status, headers, PROBLEM_JSON)
