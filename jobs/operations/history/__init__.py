"""Which dates may move to the history lake, and the move."""
