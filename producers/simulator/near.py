"""Cases that come near and lead to nothing, or to a review by a human at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from producers.simulator.cases import (
    at_counter_or_border,
    ended_on,
    event_about,
    ever_held,
    granted_on,
    has_full_birth_date,
    relevant_event,
)
from producers.simulator.desk import Desk, examined, home_passport
from producers.simulator.names import NORTHERN
from producers.simulator.people import Biography, Person
from producers.simulator.strangers import Stranger, stranger_document, stranger_traveller
from producers.simulator.travellers import Key, has_key, seen_document, swedish_document, traveller
from schemas.swedish_time import day_begins_ms


def other_country(desk: Desk, topic: str, category: str) -> bool:
    """To, from or in a country that was not examined."""
    person = desk.take()
    if person is None:
        return False
    desk.send(topic, event_about(desk, topic, person, desk.moment(), desk.elsewhere()), category, person)
    return True


def before_the_status(desk: Desk, topic: str, category: str) -> bool:
    """Before the status was granted; half of them in its last second."""
    person = desk.take(Biography.FRESH, lambda person: desk.first_day < granted_on(person) <= desk.last_day)
    if person is None:
        return False
    granted = granted_on(person)
    at = day_begins_ms(granted) - 1000 if desk.chance(0.5) else desk.moment(last_day=granted - 1)
    desk.send(topic, relevant_event(desk, topic, person, at), category, person)
    return True


def after_the_end(biography: Biography, desk: Desk, topic: str, category: str) -> bool:
    """After revocation or naturalisation; some on the very day."""
    person = desk.take(biography, lambda person: ended_on(person) <= desk.last_day)
    if person is None:
        return False
    first = max(ended_on(person), desk.first_day)
    at = day_begins_ms(first) if desk.chance(0.3) else desk.moment(first_day=first)
    desk.send(topic, relevant_event(desk, topic, person, at), category, person)
    return True


def after_naturalisation(desk: Desk, topic: str, category: str) -> bool:
    """See `after_the_end`."""
    return after_the_end(Biography.NATURALISED, desk, topic, category)


def after_revocation(desk: Desk, topic: str, category: str) -> bool:
    """See `after_the_end`."""
    return after_the_end(Biography.REVOKED, desk, topic, category)


def superseded_grant(desk: Desk, topic: str, category: str) -> bool:
    """To a country of a grant that was corrected, or of one superseded by nothing."""
    biography = Biography.CORRECTED if desk.chance(0.6) else Biography.ANNULLED
    person = desk.take(biography)
    if person is None:
        return False
    country = person.row["statuses"][0]["countries"][0]
    desk.send(topic, event_about(desk, topic, person, desk.moment(), country), category, person)
    return True


def home_passport_without_travel_document(desk: Desk, topic: str, category: str) -> bool:
    """The home passport is used, but Sweden has issued no travel document that is valid."""
    person = desk.take(needs=lambda person: home_passport(person) is not None and not ever_held(desk, person))
    if person is None:
        return False
    use = "PRESENTED" if desk.chance(0.7) else "APPLIED_FOR"
    known = home_passport(person)
    if known is None:
        raise AssertionError("taken for it")
    seen = traveller(desk.rng, person, Key.DOSSIER_NUMBER, [seen_document(desk.rng, known, use)])
    desk.send(topic, at_counter_or_border(desk, topic, seen, use), category, person)
    return True


def home_passport_only_held(desk: Desk, topic: str, category: str) -> bool:
    """The home passport was seen and not used; the journey went elsewhere."""
    person = desk.take(needs=lambda person: home_passport(person) is not None and has_key(person, Key.DOCUMENT))
    if person is None:
        return False
    known, own = home_passport(person), swedish_document(person)
    if known is None or own is None:
        raise AssertionError("taken for it")
    seen = traveller(desk.rng, person, Key.DOSSIER_NUMBER, [seen_document(desk.rng, own, "PRESENTED")])
    seen["documents"].append(seen_document(desk.rng, known, "HELD"))
    desk.send(topic, desk.event(topic, desk.moment(), seen, desk.elsewhere()), category, person)
    return True


def citizenship_not_examined(desk: Desk, topic: str, category: str) -> bool:
    """To the country of citizenship, which is not the one examined."""
    person = desk.take(Biography.OTHER_CITIZENSHIP)
    if person is None:
        return False
    event = event_about(desk, topic, person, desk.moment(), person.row["citizenships"][0])
    desk.send(topic, event, category, person)
    return True


def same_name_other_birth_date(desk: Desk, topic: str, category: str) -> bool:
    """Somebody else of the same name, born in quite another year, goes to the examined country."""
    person = desk.take()
    if person is None:
        return False
    born = desk.strangers.birth_date_for(desk.rng, person.identity.name, far_from=person.identity.birth_dates)
    if born is None:
        return False
    stranger = _namesake(person, born)
    event = relevant_event(desk, topic, person)
    event["traveller"] = _with_foreign_passport(desk, stranger)
    desk.send(topic, event, category, person)
    return True


# --- for a human to review


def namesake(desk: Desk, topic: str, category: str) -> bool:
    """The same name and birth date, no document or number in common, to the examined country.

    Of two names at least, and born on a day that tells something: a common name and a 1 January prove nothing.
    """
    person = desk.take(needs=_is_namesake_worth_a_look_for(desk))
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    event["traveller"] = _with_foreign_passport(desk, _namesake(person, person.identity.birth_dates[0]))
    desk.send(topic, event, category, person)
    desk.expect_review(person, event)
    return True


def contradicted(desk: Desk, topic: str, category: str) -> bool:
    """The person's document, presented by somebody of another name and another birth date."""
    person = desk.take(needs=lambda person: has_key(person, Key.DOCUMENT))
    if person is None:
        return False
    years = {born[:4] for born in person.identity.birth_dates}
    stranger = desk.strangers.draw(desk.rng, NORTHERN)
    while stranger.birth_date[:4] in years or stranger.name.mask & person.identity.name.mask:
        stranger = desk.strangers.draw(desk.rng, NORTHERN)
    event = relevant_event(desk, topic, person)
    event["traveller"] = traveller(desk.rng, person, Key.DOCUMENT)
    event["traveller"]["names"] = [stranger.name.printed(), stranger.name.mrz()]
    event["traveller"]["birth_date"] = stranger.birth_date
    desk.send(topic, event, category, person)
    desk.expect_review(person, event)
    return True


def two_people(desk: Desk, topic: str, category: str) -> bool:
    """The document of one person and the dossier number of another, to a country examined for both."""
    one = desk.take(needs=lambda person: has_key(person, Key.DOCUMENT))
    if one is None:
        return False
    other = desk.take(needs=lambda person: bool(set(examined(one)) & set(examined(person))))
    if other is None:
        return False
    country = next(code for code in examined(one) if code in examined(other))
    seen = traveller(desk.rng, one, Key.DOCUMENT) | {"dossier_number": other.row["dossier_numbers"][0]}
    event = desk.event(topic, desk.moment(), seen, country)
    desk.send(topic, event, category, one)
    desk.expect_review(one, event)
    desk.expect_review(other, event)
    return True


def _is_namesake_worth_a_look_for(desk: Desk) -> Callable[[Person], bool]:
    def needs(person: Person) -> bool:
        born, name = person.identity.birth_dates[0], person.identity.name
        known_day = has_full_birth_date(person) and not born.endswith("-01-01")
        return (
            known_day
            and len({name.surname.mask, *(word.mask for word in name.given)}) > 1
            and (desk.index.is_unmistakable(person))
        )

    return needs


def _with_foreign_passport(desk: Desk, stranger: Stranger) -> dict[str, Any]:
    seen = stranger_traveller(desk.rng, stranger)
    document = stranger_document(desk.rng, "GBR")
    return seen | {"documents": [document], "personal_number": None, "citizenships": ["GBR"]}


def _namesake(person: Person, birth_date: str) -> Stranger:
    return Stranger(person.identity.name, person.identity.sex, birth_date)
