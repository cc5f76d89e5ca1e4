"""The composition root: command line, settings, logging, wiring, the local stack, Prometheus and dashboards.

May import every room and is imported by none. Settings are read here, once, and handed down.
"""
