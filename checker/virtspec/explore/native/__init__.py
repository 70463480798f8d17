"""The native explorer: states packed into words, steps compiled to machine code, an exact set of visited states.

layout        which bits of which word hold what; packing and unpacking
emitter       LLVM assembly, line by line, constants folded
trees         values while code is written
places        reading and writing parts of packed states
expressions   the IR's expressions as instructions
steps         one action as a function from a state to its successors
module        all of a System as one LLVM module
jit           the module as machine code in this process
kernels       the fixed loops: visited set, expansion, backward search (Numba)
shards        where the states are kept
search        level-synchronous breadth-first search over shards
paths         shortest traces, back through the levels
check         the whole engine behind one function
"""
