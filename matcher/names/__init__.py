"""Names of people: read from any script, taken apart, and compared by sound, rarity and order.

Read `script`, `sound`, `parts`, `compare` in this order; `variants` and `weights` are tables.
"""
