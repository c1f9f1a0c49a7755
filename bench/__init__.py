"""Measurements: what is slow, large, or takes other programs than the tests need."""
