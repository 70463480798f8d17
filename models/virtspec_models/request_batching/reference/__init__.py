"""A virtqueue that runs: submitters with lists of requests, a ring, a doorbell, a device and its interrupt.

Small, and independent of the specification it is checked against but for names. Every code path is a generator that stops
where another thread may run in between, so that any schedule can be played; each stretch logs one line under the name of
the model's step. `driver` is right, as far as its model can tell; three of the `versions` make a mistake.

    python -m virtspec_models.request_batching.reference --help    plays one schedule and writes the log
"""
