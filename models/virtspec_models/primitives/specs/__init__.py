"""A small specification for each primitive: two or three tasks that use it as kernel code does, rightly and wrongly.

Each module names its configurations in `CASES`. What comes of them stands in docs/reference/primitives.
"""
