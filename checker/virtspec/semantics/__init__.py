"""The meaning of a System: the interpreter every engine is compared with, and every trace is replayed by."""
