"""Is the log of a real run explained by a specification? Readers of logs, and the search for a behaviour that fits."""
