"""What shipped mechanisms claim to be provable: their modules `proofs`."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass

from virtspec import api
from virtspec.api import Specification
from virtspec.api.shipped import Mechanism, catalog
from virtspec_models.claim import Proved, Refuted


@dataclass(frozen=True, eq=False)
class Claims:
    """The claims of one mechanism."""

    mechanism: Mechanism
    proved: tuple[Proved, ...]
    refuted: tuple[Refuted, ...]
    missed: tuple[Proved, ...]

    def specification(self, claim: Proved | Refuted) -> Specification:
        """What a claim is about."""
        if claim.file:
            return api.find(str(self.mechanism.path.with_name(claim.file)))
        return api.find(self.mechanism.name)


def _claims(mechanism: Mechanism) -> Claims:
    proofs = importlib.import_module(f"{mechanism.package}.proofs")
    return Claims(mechanism, proofs.PROVED, proofs.REFUTED, proofs.MISSED)


CLAIMS = [_claims(m) for m in catalog().values() if importlib.util.find_spec(f"{m.package}.proofs")]
