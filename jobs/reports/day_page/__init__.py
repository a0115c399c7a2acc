"""The report of a date or a month: what was reconciled, what broke, what it is worth."""
