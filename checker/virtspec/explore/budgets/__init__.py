"""What behaviours spend: the least and the most of every budget, with a trace for each."""
