"""The native explorer: states packed into words, steps compiled to machine code, an exact set of visited states.

From a System to machine code:

    reduce        a smaller System with the same verdicts, and the way back to behaviours of the original
    layout        which bits of which word hold what; packing and unpacking
    emitter       LLVM assembly, line by line, constants folded
    trees         values while code is written
    places        reading and writing parts of packed states
    expressions   the IR's expressions as instructions
    steps         one action as a function from a state to its successors
    canonical     members of scalarsets renamed: the functions that representatives are found with
    module        all of a System as one LLVM module
    jit           the module as machine code in this process

The search:

    intrinsics    what the fixed loops are made of: how they are compiled, how they call generated code (Numba)
    memory        arrays that grow in place
    orbits        the representative of a state under symmetry (Numba)
    visited       the set of the states found, which all workers share
    visited_kernels  its fixed loops (Numba)
    workers       what a worker has beside its part of that set
    level_kernels the fixed loops over levels: expansion, backward search (Numba)
    search        level-synchronous breadth-first search by several workers
    paths         shortest ways to states, back through the levels
    traces        from the states of a way to a verdict with its trace
    values        how many distinct values every field takes
    checkpoint    the format of checkpoints, and reading them
    keeper        writing checkpoints while a search runs, and resuming
    check         the whole engine behind one function

Random walks, on the same generated code:

    walk_kernels  the fixed loop of walks (Numba)
    walks         handing out walks, keeping the best of what they find; `virtspec simulate`
"""
