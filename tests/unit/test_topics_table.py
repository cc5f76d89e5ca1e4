"""The table of topics and the small values beside it."""

from __future__ import annotations

from uuid import UUID

from schemas.countries import COUNTRY_CODES, same_state
from schemas.ids import candidate_id, match_id
from schemas.topics import MEMORY_OF, TOPICS, CleanUp, dead_letter_key

PERSON = UUID("0e6b8a52-9c41-4b53-8a0c-2f4d7e9b1a10")
EVENT = UUID("7c2f1f5e-3d0a-4d0e-9a39-0d6f3a1c5b01")


def test_topics_that_are_joined_share_their_number_of_partitions() -> None:
    sources = {TOPICS[source].partitions for source in MEMORY_OF} | {m.partitions for m in MEMORY_OF.values()}
    assert len(sources | {TOPICS["redrives"].partitions}) == 1
    by_person = ("status-matches", "protection-statuses", "revocation-candidates", "identity-reviews")
    assert len({TOPICS[name].partitions for name in by_person}) == 1
    assert {TOPICS[name].key for name in by_person} == {"person_id"}


def test_a_memory_is_kept_as_long_as_the_candidates_that_follow_from_it() -> None:
    for memory in MEMORY_OF.values():
        assert memory.retention_ms is None
        assert memory.clean_up is TOPICS["revocation-candidates"].clean_up is CleanUp.COMPACT


def test_a_topic_holds_what_a_broker_takes_with_its_own_bytes() -> None:
    topic = TOPICS["redrives"]
    assert topic.holds(b"key", bytes(topic.max_bytes - 103))
    assert not topic.holds(b"key", bytes(topic.max_bytes - 102))


def test_what_agencies_send_carries_the_brokers_time() -> None:
    assert {name for name, topic in TOPICS.items() if topic.broker_time} == {
        name for name, topic in TOPICS.items() if "agency" in topic.writers
    }


def test_a_compacted_topic_keeps_its_records_for_good() -> None:
    assert TOPICS["revocation-candidates"].config == {
        "cleanup.policy": "compact",
        "max.message.bytes": str(TOPICS["revocation-candidates"].max_bytes),
        "message.timestamp.type": "CreateTime",
    }
    assert TOPICS["case-outcomes"].config["retention.ms"] == "-1"


def test_the_registry_keeps_its_tombstones_for_those_who_were_away() -> None:
    assert TOPICS["protection-statuses"].config["delete.retention.ms"] == str(7 * 24 * 60 * 60 * 1000)


def test_a_dead_letter_is_keyed_by_the_place_of_its_record() -> None:
    assert dead_letter_key("border-crossings", 3, 41) == b"border-crossings/3/41"


def test_ids_follow_from_their_causes_and_never_change() -> None:
    assert str(match_id(EVENT, PERSON)) == "6576462b-3843-50ae-bb29-f6755467d8c6"
    assert str(candidate_id(PERSON)) == "6a6a8bb9-80b5-56cd-a3c9-567c88d30c88"
    assert match_id(PERSON, EVENT) != match_id(EVENT, PERSON)


def test_germany_and_kosovo_have_one_code_each_when_compared() -> None:
    assert (same_state("D"), same_state("XKX"), same_state("SWE")) == ("DEU", "RKS", "SWE")
    assert {"D", "DEU", "XXA", "XXB", "XXC", "XXX", "SWE", "UTO"} <= COUNTRY_CODES
