"""Datasets: their format, the one reader, and the validator."""
