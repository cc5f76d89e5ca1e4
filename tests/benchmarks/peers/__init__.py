"""The same as-of join on Kafka Streams and Quix Streams, beside `matching`, in the same run: `make bench-peers`.

Writes docs/bench-peers.json and docs/bench-peers.md. The jobs themselves are in `streams/` (Java) and `quix_job.py`.
"""
