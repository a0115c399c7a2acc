"""Workbooks, in bounded memory, described as delimited text is."""
