"""Keeps received files by their content, unpacks them, and replaces files and folders whole."""
