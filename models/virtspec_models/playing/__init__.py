"""Playing schedules: what every reference implementation needs to run beside its model, whatever the mechanism.

A reference is a set of tasks, each a generator that stops where another task may run in between: `paths`. `play` takes one
stretch at a time and logs it. Who comes next is drawn, told by an earlier log, left to the threads of the operating system
(`threads`), or every one in turn (`schedules`). `command` is the command line.

A schedule needs no format of its own: a log says who took each stretch and what was chosen in it, and takes it again.

The stretches are those of the model, and whoever comes to the end of one hands over by itself, so a scheduler needs no
hooks into Python. That is why no package for controlled threads is used. Frontrun, for one, switches at bytecodes: it
needs a launcher of its own, its schedules belong to one version of Python, and what is chosen within a stretch is none of
its business. There is nothing for its partial order reduction to reduce, for all stretches are under one lock.
"""
