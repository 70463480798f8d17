"""An mdev core that runs: parents, mdevs, their sysfs files and locks, a vendor's driver, and users who open mdevs.

Small, and independent of the specification it is checked against. Every code path is a generator that stops where another
task may run in between, and says what it waits for there, so that any schedule can be played; each stretch logs one line.
What is freed raises when it is touched. `kernel` is what mdev needs of the kernel, `core` is mdev before the series,
`versions` what later patches make of it, `threads` plays schedules.

    python -m virtspec_models.mdev.reference [SEED [VERSION]]    plays one random schedule and prints the log
"""
