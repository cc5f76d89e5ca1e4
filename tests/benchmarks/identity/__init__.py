"""How well identity is decided: pairs of names made from tables of its own, never from the matcher's.

`names` holds names in one scholarly form, `systems` writes them in scripts and Latin systems, `people` makes people and
disturbs what is read of them, `dates` their birth dates; `pairs` puts them against each other, `measure` scores them
by the matcher and others, `tables` says what the rows are, `blocking` looks people up, `page` writes the report.
"""
