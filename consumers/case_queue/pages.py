"""The pages for caseworkers: server-rendered, in Swedish, without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from consumers.case_queue.comparison import compared
from consumers.case_queue.problems import Fault, fault_response
from consumers.case_queue.reader import QueueReader
from consumers.case_queue.templates import render
from consumers.case_queue.viewing import LoggedReader
from consumers.case_queue.views import CandidateDetail, CandidateQuery, EvidenceStanding, ReviewQuery
from consumers.case_queue.words import TAKEN_BACK
from matcher.explain_stay import explain_stay
from matcher.rules import basis_of
from schemas.records import Evidence, FiredRule, OutcomeKind, RevocationCandidate, Stay

# What the form calls the fields of a query.
_FIELDS = {
    "status": "state",
    "land": "country",
    "utfall": "outcome",
    "regel": "rule",
    "ordning": "sort",
    "sida": "cursor",
}
Query = TypeVar("Query", CandidateQuery, ReviewQuery)


@dataclass(frozen=True, slots=True)
class StayLine:
    """A stay, what is said of it, and how long the person was known to be elsewhere before it."""

    stay: Stay
    sentence: str
    gap_days: int | None


@dataclass(frozen=True, slots=True)
class TakenBackLine:
    """A piece of evidence that counts no longer, and why; empty where it is not known."""

    piece: EvidenceStanding
    why: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule that fired, and what it rests on for each outcome that it may concern, apart from the others."""

    title: str
    concerns: Mapping[OutcomeKind, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class InFavour:
    """Circumstances in the person's favour: those known, and those to ask about."""

    known: tuple[str, ...]
    to_ask: tuple[str, ...]


def build_pages(logged: LoggedReader, reader: QueueReader, rule_titles: Mapping[str, str]) -> APIRouter:
    """The router of the pages. `rule_titles` are shown in place of rule ids."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def candidates(request: Request) -> Response:
        query = _query(CandidateQuery, request, {"status": "OPEN"})
        if query is None:
            return fault_response(request.url.path, Fault.INVALID)
        page = logged.candidates(query)
        return HTMLResponse(
            render(
                "candidates.html",
                page=page,
                query=query,
                facets=reader.facets(),
                rule_titles=rule_titles,
                chosen=_chosen(query),
                first="/" + _parameters(query, None),
                following="/" + _parameters(query, page.next) if page.next else None,
            )
        )

    @router.get("/kandidater/{candidate_id}")
    def candidate(request: Request, candidate_id: UUID) -> Response:
        detail = logged.candidate(candidate_id)
        if detail is None:
            return fault_response(request.url.path, Fault.NOT_FOUND)
        record = detail.record
        return HTMLResponse(
            render(
                "candidate.html",
                candidate=detail,
                record=record,
                rules=rule_lines(record.evidence) if record else [],
                favourable=in_favour(record) if record else None,
                stays=stay_lines(record.stays, record.evidence) if record else [],
                retracted=_taken_back(detail),
            )
        )

    @router.get("/identitetsprovningar")
    def reviews(request: Request) -> Response:
        query = _query(ReviewQuery, request, {"status": "OPEN"})
        if query is None:
            return fault_response(request.url.path, Fault.INVALID)
        page = logged.reviews(query)
        path = "/identitetsprovningar"
        return HTMLResponse(
            render(
                "reviews.html",
                page=page,
                query=query,
                first=path + _parameters(query, None),
                following=path + _parameters(query, page.next) if page.next else None,
            )
        )

    @router.get("/identitetsprovningar/{match_id}")
    def review(request: Request, match_id: UUID) -> Response:
        detail = logged.review(match_id)
        if detail is None:
            return fault_response(request.url.path, Fault.NOT_FOUND)
        record = detail.record
        rows = compared(record.finding, detail.person, masked=detail.masked) if record else []
        return HTMLResponse(render("review.html", review=detail, compared=rows))

    return router


def in_favour(record: RevocationCandidate) -> InFavour:
    """What is known in the person's favour, apart from what the rules ask to look for."""
    asked = {text for piece in record.evidence for rule in piece.finding.rules for text in rule.favourable}
    return InFavour(
        known=tuple(text for text in record.favourable if text not in asked),
        to_ask=tuple(text for text in record.favourable if text in asked),
    )


def stay_lines(stays: tuple[Stay, ...], evidence: tuple[Evidence, ...] = ()) -> list[StayLine]:
    """Stays in their order, each with the whole days since the return before it, where both ends are known."""
    lines: list[StayLine] = []
    returned = None
    for stay in stays:
        gap: timedelta | None = stay.left_sweden_at - returned if stay.left_sweden_at and returned else None
        sentence = explain_stay(stay, evidence)
        lines.append(StayLine(stay, sentence, None if gap is None or gap < timedelta() else gap.days))
        returned = stay.returned_at
    return lines


def _query(model: type[Query], request: Request, default: Mapping[str, str]) -> Query | None:
    """The query that the address names, None where it cannot be read. A form sends empty fields; they mean `all`."""
    given = dict(request.query_params) if request.query_params else dict(default)
    if not given.keys() <= _FIELDS.keys():
        return None
    try:
        return model.model_validate({_FIELDS[name]: value for name, value in given.items() if value})
    except ValidationError:
        return None


def _parameters(query: CandidateQuery | ReviewQuery, cursor: str | None) -> str:
    """The address part that leads to a page of the same list; `status` always, because its absence means OPEN."""
    values = query.model_dump(mode="json")
    named = {name: values.get(field) for name, field in _FIELDS.items() if field != "cursor"}
    kept = {name: value for name, value in named.items() if value or name == "status"}
    return "?" + urlencode({name: value or "" for name, value in kept.items()} | ({"sida": cursor} if cursor else {}))


def _chosen(query: CandidateQuery) -> bool:
    """Whether any filter beside the state narrows the list."""
    return any((query.country, query.outcome, query.rule))


def _taken_back(detail: CandidateDetail) -> list[TakenBackLine]:
    """Evidence that counts no longer: replaced by a later revision, or taken back for a reason the record tells."""
    standing = {piece.match_id: piece.revision for piece in detail.evidence if piece.retracted_at is None}
    reasons = {one.match_id: TAKEN_BACK[one.reason] for one in detail.record.taken_back} if detail.record else {}
    return [
        TakenBackLine(
            piece,
            f"ersatt av revision {standing[piece.match_id]}"
            if piece.match_id in standing
            else reasons.get(piece.match_id, ""),
        )
        for piece in detail.evidence
        if piece.retracted_at is not None
    ]


def rule_lines(evidence: Iterable[Evidence]) -> list[RuleLine]:
    """The rules that fired, each once with all outcomes that it may concern, of whatever event."""
    fired: dict[str, list[FiredRule]] = {}
    for piece in evidence:
        for rule in piece.finding.rules:
            fired.setdefault(rule.rule_id, []).append(rule)
    return [RuleLine(rules[-1].title, _concerns(rules)) for rules in fired.values()]


def _concerns(rules: Sequence[FiredRule]) -> dict[OutcomeKind, tuple[str, ...]]:
    named = {outcome for rule in rules for outcome in rule.outcomes}
    return {
        outcome: tuple(dict.fromkeys(provision for rule in rules for provision in basis_of(rule, outcome)))
        for outcome in OutcomeKind
        if outcome in named
    }
