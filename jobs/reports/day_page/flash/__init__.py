"""The flash: a date by our own side, before statements are there, and the difference to it."""
