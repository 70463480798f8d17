"""The benchmark: virtspec and other checkers on the same models, in one run.

    instances     which models in which sizes, and how many states these have
    checkers      how each checker is called, and how its report is read
    liveness      the same for claims of liveness: which there are, of which models in which sizes
    processes     one child process: how long, how much, what it said
    comparing     rounds in which every checker takes its turn, medians, ratios, disagreements
    history       what is kept of a run

It works in a checkout alone, for the models are tests: `tests/corpus/classics` holds ours, `tests/bench/peers` those of
the others, `tests/bench/liveness` what is claimed of them. Every checker runs as a process of its own, virtspec too, so
that start and compilation count for all. Therefore this package imports none of the engines; it stands above `api` and
knows virtspec by its command line only.
"""
