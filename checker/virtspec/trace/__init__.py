"""Traces and verdicts: what every engine answers with, how it is stored (ITF) and how it is shown."""
