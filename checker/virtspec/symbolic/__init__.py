"""Proofs and counterexamples by a solver (z3): bounded search, induction, and proofs for any number of participants."""
