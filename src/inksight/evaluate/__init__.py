"""Measures, test sets, a renderer of its own, baselines and reports."""
