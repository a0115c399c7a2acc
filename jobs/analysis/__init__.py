"""What notebooks and scripts import."""
