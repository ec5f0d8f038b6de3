from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.errors import QuoteholdError
from domain.ports import Probe
from domain.use_cases.discard_quote import DiscardQuote
from domain.use_cases.get_quote import GetQuote
from domain.use_cases.merge_details import MergeDetails
from domain.use_cases.register_and_claim import RegisterAndClaim
from domain.use_cases.save_details import SaveDetails
from domain.use_cases.start_quote import StartQuote


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that an entrypoint can ask of the core. `probes` are what must answer before it can work."""

    start_quote: StartQuote
    get_quote: GetQuote
    save_details: SaveDetails
    merge_details: MergeDetails
    discard_quote: DiscardQuote
    register_and_claim: RegisterAndClaim
    probes: Mapping[str, Probe]

    def failures(self) -> Iterator[tuple[str, QuoteholdError]]:
        """What does not answer as it should, by name."""
        for name, probe in self.probes.items():
            try:
                probe.check()
            except QuoteholdError as error:
                yield name, error
