"""Measurements on real servers with the real service processes: `make bench`, or `python -m tests.benchmarks --quick`.

Nothing here is asserted: a figure depends on the machine. Writes docs/benchmarks.json and docs/benchmarks.md.
"""
