"""The table of categories: what happens in a scenario, and how often, beside the bulk that concerns nobody."""

from __future__ import annotations

from typing import NamedTuple

from producers.simulator import near, relevant, revisions
from producers.simulator.desk import SOURCES, Desk
from producers.simulator.refusals import REFUSALS, Case
from schemas.topics import BORDER_CROSSINGS

# Records that concern nobody, under this name on both topics.
BULK = "bulk"
# What the numbers in the table are for: the demo's size.
_CROSSINGS = 100_000
_OBSERVATIONS = 2_000
_PEOPLE = 20_000


class Category(NamedTuple):
    """A category and its number of cases in the demo's size; a case may be several records."""

    name: str
    crossings: int
    observations: int
    play: Case


_REFUSED_CROSSINGS = 22
_REFUSED_OBSERVATIONS = 4

CATEGORIES: tuple[Category, ...] = (
    Category("relevant-by-document", 340, 30, relevant.by_document),
    Category("relevant-by-personal-number", 150, 25, relevant.by_personal_number),
    Category("relevant-by-dossier-number", 60, 20, relevant.by_dossier_number),
    Category("relevant-home-passport", 130, 50, relevant.home_passport_used),
    Category("relevant-several-events", 70, 15, relevant.several_events),
    Category("relevant-first-day", 25, 5, relevant.on_the_first_day),
    Category("relevant-last-day", 25, 5, relevant.on_the_last_day),
    Category("relevant-new-name", 30, 5, relevant.with_a_new_name),
    Category("near-other-country", 80, 20, near.other_country),
    Category("near-before-status", 40, 10, near.before_the_status),
    Category("near-after-naturalisation", 40, 10, near.after_naturalisation),
    Category("near-after-revocation", 40, 10, near.after_revocation),
    Category("near-superseded-grant", 40, 10, near.superseded_grant),
    Category("near-home-passport-without-travel-document", 30, 15, near.home_passport_without_travel_document),
    Category("near-home-passport-only-held", 30, 5, near.home_passport_only_held),
    Category("near-citizenship-not-examined", 40, 10, near.citizenship_not_examined),
    Category("near-same-name-other-birth-date", 40, 10, near.same_name_other_birth_date),
    Category("review-namesake", 40, 10, near.namesake),
    Category("review-contradicted", 30, 10, near.contradicted),
    Category("review-two-people", 25, 5, near.two_people),
    Category("corrected-away", 30, 8, revisions.corrected_away),
    Category("corrected-into", 30, 8, revisions.corrected_into),
    Category("corrected-to-another-person", 25, 5, revisions.corrected_to_another_person),
    Category("withdrawn", 30, 8, revisions.withdrawn),
    Category("reinstated", 25, 5, revisions.reinstated),
    Category("duplicated", 40, 10, revisions.duplicated),
    Category("duplicated-after-withdrawal", 25, 5, revisions.duplicated_after_withdrawal),
    Category("correction-first-away", 25, 5, revisions.correction_first_away),
    Category("correction-first-into", 25, 5, revisions.correction_first_into),
    Category("withdrawal-first", 25, 5, revisions.withdrawal_first),
    *(Category(name, _REFUSED_CROSSINGS, _REFUSED_OBSERVATIONS, play) for name, play in REFUSALS.items()),
)


def play_all(desk: Desk) -> None:
    """Play every category on both topics, in proportion to the scenario: fewer cases where people or traffic are fewer.

    Each category is played at least once on a topic that has any traffic, as long as the registry has people for it.
    """
    scenario = desk.scenario
    for topic in SOURCES:
        crossing = topic == BORDER_CROSSINGS.name
        traffic = scenario.crossings / _CROSSINGS if crossing else scenario.observations / _OBSERVATIONS
        scale = min(traffic, scenario.people / _PEOPLE)
        for category in CATEGORIES:
            number = category.crossings if crossing else category.observations
            for _ in range(max(1, round(number * scale)) if traffic else 0):
                if not category.play(desk, topic, category.name):
                    break
