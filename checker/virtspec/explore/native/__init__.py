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

The fixed loops, in plain Python that Numba compiles:

    intrinsics        what they are made of
    visited_kernels   the visited set
    level_kernels     expansion of a level, search for predecessors
    orbits            the representative of a state under symmetry
    graph_kernels     the graph of all states, and fair components of it
    walk_kernels      random walks
    compiling         from Python to object files
    library           the compiled loops as functions

The search:

    memory        arrays that grow in place
    visited       the set of the states found, which all workers share
    workers       what a worker has beside its part of that set
    search        level-synchronous breadth-first search by several workers
    paths         shortest ways to states, back through the levels
    traces        from the states of a way to a verdict with its trace
    values        how many distinct values every field takes
    checkpoint    the format of checkpoints, and reading them
    keeper        writing checkpoints while a search runs, and resuming
    graph         the states found with all edges between them
    liveness      temporal properties, judged on that graph
    check         the whole engine behind one function

Random walks, on the same generated code:

    walks         handing out walks, keeping the best of what they find; `virtspec simulate`
"""
