"""SQL over the tables of a lake: views in major units and words, and `tieout sql`."""
