"""Records of fixed width, wholly described by a profile."""
