"""Measuring: metrics, whole-system runs, baselines, tables."""
