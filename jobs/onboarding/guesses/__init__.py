"""Guesses of a drafted layout: each binds columns or sets keys, or asks."""
