"""Codes, tables, channel profiles and fee schedules.

Data and validation only: nothing here opens a file, a table or a session.
"""
