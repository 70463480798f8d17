"""Explicit-state search and what it reports."""
