"""`tieout status`: one screen for a date or a range of dates."""
