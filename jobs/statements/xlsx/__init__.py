"""Workbooks, read in bounded memory, described by a profile as delimited text is."""
