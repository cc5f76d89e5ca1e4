"""The queue over HTTP, reading only: `/api/v1` for programs, pages for people (pages.py), health for the operator.

Without sign-in: see guard.py. Every view is logged before the answer leaves; what cannot be logged is not
shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from consumers.case_queue.audit import AuditLog
from consumers.case_queue.cursor import CursorInvalid
from consumers.case_queue.errors import QueueUnavailable
from consumers.case_queue.guard import Guard
from consumers.case_queue.pages import build_pages
from consumers.case_queue.problems import OPENAPI, PROBLEM_JSON, Fault, Problem, fault_response
from consumers.case_queue.reader import QueueReader
from consumers.case_queue.viewing import LoggedReader
from consumers.case_queue.views import (
    CandidateDetail,
    CandidateQuery,
    CandidateSummary,
    Facets,
    Page,
    ReviewDetail,
    ReviewQuery,
    ReviewSummary,
)

_STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the queue is shown.

    Attributes:
        actor: who is written in the audit log until there is sign-in.
        rule_titles: Swedish titles of the rules, by id; a rule without one is shown by its id.
        version: version of the program, for the OpenAPI document.
    """

    actor: str = "ej inloggad (denna dator)"
    rule_titles: Mapping[str, str] = field(default_factory=dict)
    version: str = "0"


class NotFound(Exception):  # noqa: N818 - it reads as what happened
    """There is no such item."""


def create_app(reader: QueueReader, audit: AuditLog, settings: WebSettings, now: Callable[[], datetime]) -> FastAPI:
    """The app; serve it only where `guard.check_loopback` allows."""
    app = FastAPI(
        title="Resesignal: case queue",
        version=settings.version,
        summary="Candidates for a person to examine. Nothing here decides.",
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url=OPENAPI,
        # A redirect would repeat the Host header in an address.
        redirect_slashes=False,
    )
    app.include_router(_api(LoggedReader(reader, audit, now, actor=settings.actor, channel="api"), reader))
    app.include_router(_health(reader))
    app.include_router(
        build_pages(
            LoggedReader(reader, audit, now, actor=settings.actor, channel="page"), reader, settings.rule_titles
        )
    )
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    _answer_faults(app)
    app.add_middleware(Guard)
    return app


def _api(logged: LoggedReader, reader: QueueReader) -> APIRouter:
    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem, "content": {PROBLEM_JSON: {}}} for status in (400, 404, 422, 503)
    }
    router = APIRouter(prefix="/api/v1", responses=problems)

    @router.get("/candidates", tags=["candidates"])
    def list_candidates(query: Annotated[CandidateQuery, Query()]) -> Page[CandidateSummary]:
        """A page of candidates."""
        return logged.candidates(query)

    @router.get("/facets", tags=["candidates"])
    def count_candidates() -> Facets:
        """Numbers of candidates by state, outcome, country and rule."""
        return reader.facets()

    @router.get(
        "/candidates/{candidate_id}",
        tags=["candidates"],
        response_model=CandidateDetail,
        responses={304: {"description": "The version named in If-None-Match is the newest."}},
    )
    def show_candidate(
        candidate_id: UUID, response: Response, if_none_match: Annotated[str | None, Header()] = None
    ) -> CandidateDetail | Response:
        """One candidate with its evidence and history, and its version as ETag."""
        detail = logged.candidate(candidate_id)
        if detail is None:
            raise NotFound
        tag = f'"{detail.row_version}{"m" if detail.masked else ""}"'
        if if_none_match is not None and tag in {part.strip() for part in if_none_match.split(",")}:
            return Response(status_code=304, headers={"etag": tag})
        response.headers["etag"] = tag
        return detail

    @router.get("/identity-reviews", tags=["identity reviews"])
    def list_reviews(query: Annotated[ReviewQuery, Query()]) -> Page[ReviewSummary]:
        """A page of possible matches."""
        return logged.reviews(query)

    @router.get("/identity-reviews/{match_id}", tags=["identity reviews"])
    def show_review(match_id: UUID) -> ReviewDetail:
        """One possible match."""
        detail = logged.review(match_id)
        if detail is None:
            raise NotFound
        return detail

    return router


def _health(reader: QueueReader) -> APIRouter:
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live")
    async def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "live"}

    @router.get("/ready")
    def ready() -> JSONResponse:
        """The database answers and has the tables that this version needs; else 503 and what is missing."""
        found = reader.ready()
        status = 200 if found.database and found.migrations else 503
        return JSONResponse({"database": found.database, "migrations": found.migrations}, status)

    return router


def _answer_faults(app: FastAPI) -> None:
    def answer(kind: type[Exception], fault: Fault) -> None:
        async def handler(request: Request, _error: Exception) -> Response:
            return fault_response(request.url.path, fault)

        app.add_exception_handler(kind, handler)

    answer(QueueUnavailable, Fault.UNAVAILABLE)
    answer(CursorInvalid, Fault.CURSOR)
    answer(NotFound, Fault.NOT_FOUND)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        # The names of the parameters that we know; what was sent may be personal data by mistake.
        places = {str(item["loc"][-1]) for item in error.errors() if item["type"] != "extra_forbidden"}
        in_path = any(item["loc"][0] == "path" for item in error.errors())
        fault = Fault.NOT_FOUND if in_path else Fault.INVALID
        return fault_response(request.url.path, fault, fields=None if in_path else sorted(places))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        fault = {404: Fault.NOT_FOUND, 405: Fault.METHOD}.get(error.status_code, Fault.INVALID)
        return fault_response(request.url.path, fault)
