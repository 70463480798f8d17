"""An mdev core that runs: parents, mdevs, their sysfs files and locks, a vendor's driver, and users who open mdevs.

Small, and independent of the specification it is checked against but for names. Every code path is a generator that stops
where another task may run in between, and says what it waits for there, so that any schedule can be played; each stretch
logs one line under the name of the model's step. What is freed raises when it is touched. `kernel` is what mdev needs of
the kernel, `core` is mdev before the series, `versions` what later patches make of it, `crowd` who takes part; `playing`
plays schedules, of this reference and of others.

    python -m virtspec_models.mdev.reference --help    plays one schedule and writes the log
"""
