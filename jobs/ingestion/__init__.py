"""Files to tables: the inbox, the archive, control totals, the state of a day."""
