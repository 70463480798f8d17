"""What engines derive from a System, one pass a module.

Of the sequential body of an action:

    functional   guard, simultaneous updates and fault conditions, as formulas over the state before the step
    footprint    which fields a step reads, may write and always writes
    enabled      where a step is possible that changes the state or faults: what fairness asks

Of an expression:

    defined      the condition under which its evaluation is defined

Smaller systems with the same verdicts:

    slice        without the fields that nothing judged can see
    dead         what a process keeps has a fixed value while nobody will read it

Symmetry:

    symmetry     which scalarsets' members no action and no property tells apart
    permute      members renamed in values; canonical forms in which expressions are compared

Temporal properties:

    buchi                 the automaton of a formula
    liveness_to_safety    a System whose invariant is that no fair behaviour violates a formula
    obligations           what fairness asks of a loop, for that System

A pass imports nothing but the IR and changes nothing it is given.
"""
