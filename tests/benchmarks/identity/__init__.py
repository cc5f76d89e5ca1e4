"""How well identity is decided: pairs of names made from tables of its own, never from the matcher's.

`names` holds names in one scholarly form, `systems` writes them in scripts and Latin systems, `people` makes people and
disturbs what is read of them, `measure` compares the matcher with others, `__main__` prints and writes the report.
"""
