"""What an agency runs: publisher, spool, JSON Lines, the register feed, the MRZ reader, the traffic simulator.

`publisher` is where to begin; `transport` alone sends bytes that need no spool. May import `schemas` only.
"""
