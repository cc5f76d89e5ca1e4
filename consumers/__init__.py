"""The three services: matching, candidates, case-queue.

`loop` holds the transactional read-decide-write used by both Kafka-to-Kafka services; a service is a `Handler` of it.
May import `schemas` and `matcher`; settings, clock and wiring come from `deploy`.
"""
