"""Received files by content, and what is packed inside them."""
