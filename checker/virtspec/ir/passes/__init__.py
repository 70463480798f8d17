"""What engines derive from the sequential body of an action, one pass a module.

    functional   guard, simultaneous updates and fault conditions, as formulas over the state before the step
    footprint    which fields a step reads, may write and always writes

A pass imports nothing but the IR and changes nothing it is given.
"""
