"""The operator's screen and a new place: what is done, what is missing, what to do next."""
