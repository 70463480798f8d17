"""The kernel's synchronization primitives as components: state, methods, and the mistakes that they notice.

A component stands for one kernel mechanism and keeps its function names. Type variables stand for who uses it: a
Scalarset of tasks, or two where readers and writers are different threads. Misuse that the kernel would not notice
(unlocking what somebody else holds, a reference too many, freed memory) is a fault here.
"""
