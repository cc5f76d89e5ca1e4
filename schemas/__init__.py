"""What crosses an agency border: Avro schemas, the table of topics, typed records, their checks and the codec.

May import nothing else of this project, and no Kafka client. Public names live in the modules:
`records` (typed), `codec` (bytes), `topics` (the table), `checks` and `reasons` (what is refused, and why).
"""
