"""The steps of the match, one module a rule."""
