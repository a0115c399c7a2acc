"""Records of fixed width, fully described by a profile."""
