"""A person's evidence folded into one candidate, and their possible matches into one list to review.

The fold looks at the set of evidence, at what was taken back of it, and at the person's row, never at the order in
which they came: the same sets give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from uuid import UUID

from matcher.explain import explain, favourable
from matcher.rules import basis_of
from matcher.stays import stays
from schemas.ids import candidate_id
from schemas.records import (
    CandidateState,
    Evidence,
    Finding,
    IdentityLevel,
    IdentityReview,
    OutcomeConcerned,
    OutcomeKind,
    Outcomes,
    ProtectedPerson,
    Record,
    RevocationCandidate,
    Subject,
    TakenBack,
    TakenBackReason,
)

Digest = Callable[[Record], str]
# In Swedish, as they stand in a sentence, in the order in which they are told.
WHY_TAKEN_BACK = {
    TakenBackReason.WITHDRAWN: "uppgiften har dragits tillbaka av den som lämnade den",
    TakenBackReason.CORRECTED: "uppgiften har rättats av den som lämnade den",
    TakenBackReason.RECONSIDERED: (
        "registret, reglerna eller ett avgörande om identiteten har ändrats, och uppgiften är inte längre underlag"
    ),
    TakenBackReason.UNCERTAIN: "det är inte längre säkert att resenären är personen, och träffen ska prövas",
}
_FOR_NO_KNOWN_REASON = "det som var underlag har rättats, dragits tillbaka eller bedömts på nytt"


def fold_candidate(
    person_id: UUID,
    findings: Mapping[UUID, Finding],
    row: ProtectedPerson | None,
    digest: Digest,
    taken_back: Mapping[UUID, TakenBackReason] = MappingProxyType({}),
) -> RevocationCandidate:
    """The candidate that follows from all findings about a person who was identified.

    Args:
        person_id: the person.
        findings: by match_id; those that are only possible are left out.
        row: the person's newest registry row, None if not seen yet.
        digest: digest of the candidate as encoded with an empty version; becomes its version.
        taken_back: why what was evidence is none any more, by match_id.
    """
    evidence = _in_order(findings, IdentityLevel.IDENTIFIED)
    joined = stays(evidence)
    times = [item.finding.occurred_at for item in evidence]
    candidate = RevocationCandidate(
        candidate_id=candidate_id(person_id),
        person_id=person_id,
        version="",
        state=CandidateState.OPEN if evidence else CandidateState.RETRACTED,
        retract_reason=None if evidence else _why(taken_back.values()),
        # A candidate without evidence must not keep the person's data.
        person=_subject(row) if row is not None and evidence else None,
        outcomes=_outcomes(evidence),
        favourable=favourable(evidence, row, joined) if evidence else (),
        explanation=explain(evidence, joined),
        stays=joined,
        evidence=evidence,
        first_occurred_at=min(times, default=None),
        last_occurred_at=max(times, default=None),
        last_recorded_at=max((item.finding.recorded_at for item in evidence), default=None),
        taken_back=tuple(TakenBack(match_id=match, reason=taken_back[match]) for match in sorted(taken_back)),
    )
    return candidate.model_copy(update={"version": digest(candidate)})


def fold_review(
    person_id: UUID, findings: Mapping[UUID, Finding], row: ProtectedPerson | None, digest: Digest
) -> IdentityReview:
    """The possible matches that a human reviews; an empty list takes earlier ones back."""
    reviews = _in_order(findings, IdentityLevel.POSSIBLE)
    review = IdentityReview(
        person_id=person_id,
        version="",
        protected_identity=row.protected_identity if row is not None else None,
        reviews=reviews,
        # Whoever compares needs both sides; where nothing is left to compare, nothing is kept.
        person=_subject(row) if row is not None and reviews else None,
    )
    return review.model_copy(update={"version": digest(review)})


def _why(reasons: Iterable[TakenBackReason]) -> str:
    held = set(reasons)
    return "; ".join(words for reason, words in WHY_TAKEN_BACK.items() if reason in held) or _FOR_NO_KNOWN_REASON


def _in_order(findings: Mapping[UUID, Finding], level: IdentityLevel) -> tuple[Evidence, ...]:
    chosen = (Evidence(match_id=key, finding=finding) for key, finding in findings.items() if finding.identity is level)
    return tuple(sorted(chosen, key=lambda item: (item.finding.occurred_at, item.match_id)))


def _subject(row: ProtectedPerson) -> Subject:
    return Subject(
        recorded_at=row.recorded_at,
        names=row.names,
        birth_dates=row.birth_dates,
        citizenships=row.citizenships,
        dossier_numbers=row.dossier_numbers,
        protected_identity=row.protected_identity,
    )


def _outcomes(evidence: Iterable[Evidence]) -> Outcomes:
    rules = [rule for item in evidence for rule in item.finding.rules]

    def concerned(kind: OutcomeKind) -> OutcomeConcerned:
        firing = [rule for rule in rules if kind in rule.outcomes]
        return OutcomeConcerned(
            concerned=bool(firing),
            rules=tuple(sorted({rule.rule_id for rule in firing})),
            legal_basis=tuple(sorted({basis for rule in firing for basis in basis_of(rule, kind)})),
        )

    return Outcomes(
        refugee_status=concerned(OutcomeKind.REFUGEE_STATUS),
        alternative_protection=concerned(OutcomeKind.ALTERNATIVE_PROTECTION),
        permit=concerned(OutcomeKind.PERMIT),
        travel_document=concerned(OutcomeKind.TRAVEL_DOCUMENT),
    )
