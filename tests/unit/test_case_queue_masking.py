"""Protected identities: nothing that identifies or locates the person is left."""

from __future__ import annotations

import pytest

from consumers.case_queue.masking import MASK, mask_candidate, mask_evidence, must_mask
from schemas.records import NameForm, PersonName, RevocationCandidate
from tests.builders_queue import make_candidate, make_review

# What the builders' protected person would be known by.
SECRETS = (
    "Exempelsson",
    "Uppdiktad",
    "Maja",
    "Tidigare",
    "1987",
    "A7654321",
    "12345678",
    "12-345678",
    "SYR",
    "Syrien",
    "SEARN",
    "Arlanda",
    "Gränspolisenheten",
    "G-2026-17",
)


def make_protected(*sentences: str) -> RevocationCandidate:
    candidate = make_candidate(protected_identity=True, pieces=2)
    return candidate.model_copy(update={"explanation": (*candidate.explanation, *sentences)})


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_of_a_protected_person_is_left_in_the_record(secret: str) -> None:
    candidate = make_protected()
    assert secret in candidate.model_dump_json() or secret in ("Syrien", "12-345678")
    assert secret.casefold() not in mask_candidate(candidate).model_dump_json().casefold()


@pytest.mark.parametrize(
    "sentence",
    [
        "EXEMPELSSON visade pass.",
        "Exempelssons resa.",
        "Personen är född 30 april 1987.",
        "Personen är född 19870430 i Syrien.",
        "Dossier 12-345678 gäller.",
        "Pass a7654321 visades på Arlanda.",
    ],
)
def test_a_sentence_keeps_its_wording_but_not_the_secret(sentence: str) -> None:
    masked = mask_candidate(make_protected(sentence)).explanation[-1]
    assert MASK in masked
    assert not any(secret.casefold() in masked.casefold() for secret in SECRETS)


def test_neighbouring_secrets_become_one_mask() -> None:
    first = mask_candidate(make_protected()).explanation[0]
    assert first == f"{MASK} visade pass {MASK} vid {MASK} den 2 mars 2026."


def test_what_the_examination_needs_is_still_shown() -> None:
    candidate = make_protected()
    masked = mask_candidate(candidate)
    assert masked.favourable == candidate.favourable
    assert masked.outcomes == candidate.outcomes
    finding = masked.evidence[0].finding
    rules = candidate.evidence[0].finding.rules
    assert [rule.bases for rule in finding.rules] == [rule.bases for rule in rules]
    assert all(rule.bases for rule in rules)
    assert (finding.place, finding.country, finding.kinds) == ("SE", "IRQ", candidate.evidence[0].finding.kinds)
    assert finding.rules == candidate.evidence[0].finding.rules
    assert [feature.result for feature in finding.features] == [
        feature.result for feature in candidate.evidence[0].finding.features
    ]
    assert (finding.documents[0].number, finding.documents[0].issuing_state) == (MASK, "IRQ")
    assert (finding.disclosure.authority, finding.disclosure.legal_ground) == ("POLISMYNDIGHETEN", "OSL 10:28")


def test_a_document_of_another_state_does_not_tell_the_citizenship() -> None:
    candidate = make_protected()
    finding = candidate.evidence[0].finding
    document = finding.documents[0].model_copy(update={"issuing_state": "LBN"})
    piece = candidate.evidence[0].model_copy(
        update={"finding": finding.model_copy(update={"documents": (document,), "citizenships": ("LBN",)})}
    )
    sentences = ("Visade pass utfärdat av Libanon.",)
    masked = mask_candidate(candidate.model_copy(update={"evidence": (piece,), "explanation": sentences}))
    assert masked.explanation == (f"Visade pass utfärdat av {MASK}.",)
    assert "LBN" not in masked.model_dump_json()


def test_a_traveller_in_an_identity_review_is_masked_alike() -> None:
    masked = mask_evidence(make_review().reviews[0]).model_dump_json()
    assert [secret for secret in SECRETS if secret in masked] == []


def test_names_with_signs_of_regular_expressions_are_taken_as_they_are() -> None:
    candidate = make_candidate(protected_identity=True, surname="O'Neil (.*)", given_names="A+B")
    masked = mask_candidate(candidate)
    assert "Neil" not in masked.model_dump_json()
    assert masked.explanation[1] == candidate.explanation[1]


def test_a_name_written_with_combining_signs_is_found() -> None:
    candidate = make_candidate(protected_identity=True, surname="P\u00e5hl")
    sentences = ("Pa\u030ahl reste.",)
    assert mask_candidate(candidate.model_copy(update={"explanation": sentences})).explanation == (f"{MASK} reste.",)


def test_a_name_of_one_letter_or_none_leaves_sentences_readable() -> None:
    candidate = make_candidate(protected_identity=True)
    assert candidate.person is not None
    person = candidate.person.model_copy(
        update={"names": (PersonName(surname="", given_names="A", form=NameForm.PRINTED),)}
    )
    masked = mask_candidate(candidate.model_copy(update={"person": person, "evidence": ()}))
    assert masked.explanation[1] == candidate.explanation[1]


@pytest.mark.parametrize(("known", "masked"), [(True, True), (None, True), (False, False)])
def test_who_is_not_known_to_be_unprotected_is_masked(known: bool | None, masked: bool) -> None:
    assert must_mask(known) is masked
