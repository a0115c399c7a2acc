"""Keeps received files by their content, and unpacks them."""
