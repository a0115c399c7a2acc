"""Alipay's bills."""
