"""What things are: the words, the tables, the profiles and the rate cards.

Data and validation only: nothing here opens a file, a table or a session.
"""
