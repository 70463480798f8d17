"""Prove properties with a solver, or find shortest violations.

    bmc        is there a violation by 0, 1, 2, ... steps?
    kind       k-induction: what held for k steps holds after the next one, too
    pdr        an inductive invariant is looked for, and shown
    inductive  the specification's invariants and lemmas: which of them are inductive together, and what follows?
    auto       bmc, inductive, kind and pdr in turn

With the size `any` for a Scalarset (-p Task=any) what is proved holds for any number of its members; that takes
invariants that are inductive. Where one is not, a counterexample to induction is shown: a state, perhaps out of reach, and
the step that breaks it. What is neither proved nor violated in time is undetermined, never a pass.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from virtspec.cli import options, progress, traces
from virtspec.cli.output import Output
from virtspec.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.target(parser)
    what = parser.add_argument_group("what to prove, and how")
    what.add_argument(
        "--property",
        metavar="ID",
        action="append",
        help="this property alone; may be repeated; `deadlock`, `fault` and the ids of lemmas are ids, too",
    )
    what.add_argument(
        "--method", choices=("auto", "bmc", "kind", "pdr", "inductive"), default="auto", help="default: auto"
    )
    what.add_argument(
        "--using",
        metavar="LIST",
        type=options.names,
        help="inductive: from these invariants alone (default: all invariants and lemmas of the specification)",
    )
    what.add_argument(
        "--strengthen",
        action="store_true",
        help="inductive: learn invariants from counterexamples where those given do not suffice (auto does so)",
    )
    limits = parser.add_argument_group("limits", "What a limit leaves open is undetermined.")
    limits.add_argument("--depth", metavar="N", type=options.positive_int, help="bmc: most steps; kind: greatest k")
    limits.add_argument(
        "--timeout", metavar="SECONDS", type=options.seconds, default=60.0, help="wall time for all (default: 60)"
    )
    record = parser.add_argument_group("record")
    record.add_argument(
        "--certificate", metavar="FILE", type=Path, help="write the obligations of an inductive proof as SMT-LIB text"
    )
    record.add_argument(
        "--solver-log", metavar="FILE", type=Path, help="write every question to the solver as it is asked"
    )
    options.output(parser)
    traces.arguments(parser)
    options.verbosity(parser)


def run(args: argparse.Namespace) -> int:
    from virtspec import api
    from virtspec.api.proof_json import proof_json
    from virtspec.cli.proof import print_proof

    given = options.params(args.param)
    if args.method not in ("auto", "inductive") and (args.using or args.strengthen):
        raise UsageError(f"--using and --strengthen are about --method inductive, not {args.method}")
    spec = api.find(args.target, args.model)
    with ExitStack() as stack, Output(args.output) as out:
        log = None if args.solver_log is None else stack.enter_context(_opened(args.solver_log, "--solver-log"))
        certificate = (
            None if args.certificate is None else stack.enter_context(_opened(args.certificate, "--certificate"))
        )
        with progress.line(progress.wanted(args.no_progress, args.quiet)) as put:
            put(f"{spec.name}: loading")
            proof = api.prove(
                spec,
                args.config,
                given,
                properties=args.property,
                method=args.method,
                depth=args.depth,
                seconds=args.timeout,
                using=args.using,
                strengthen=args.strengthen,
                certify=certificate is not None,
                log=log,
                progress=lambda text: put(f"{spec.name}: {text}"),
            )
        if certificate is not None:
            certificate.write(proof.certificate)
            if not proof.certificate and args.quiet:
                print("virtspec: warning: no certificate: nothing was proved by declared invariants", file=sys.stderr)
        stem = traces.stem(spec.name, args.config, given)
        files = traces.store(args, proof.traced, proof.verdicts, spec.target, stem)
        if args.format == "json":
            out.json(proof_json(proof, specification=spec.target, configuration=args.config, trace_files=files))
        else:
            print_proof(out, proof, args, files)
    return proof.exit_code


def _opened(path: Path, option: str) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{option} {path} cannot be written: {error.strerror}") from error
