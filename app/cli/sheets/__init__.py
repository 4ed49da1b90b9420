"""Tables as people keep them: CSV of any habit and workbooks, their columns found by what they are called.

`reading.read(data, "people")` is the way in. cells.py says what a cell means, delimited.py and workbook.py take files
apart, columns.py and columns.toml know what a column may be called.
"""
