"""A certificate that has run out."""

from __future__ import annotations

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class CertificateExpired(Steady):
    """Clients refuse the connection, so the errors show at whoever calls; the service with the certificate only sees
    its traffic fall.
    """

    ratio: Ratio = 1.0
    """Share of clients that verify; the others do not notice."""

    def worst(self) -> Change:
        return Change(unreachable_ratio=self.ratio, says="x509: certificate has expired or is not yet valid")
