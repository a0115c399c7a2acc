"""Adyen's settlement details report."""
