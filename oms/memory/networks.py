"""The network and policy this process decides by, renewed when the counter `network` moves."""

import logging

from sqlalchemy import Connection

from oms.memory.alignment import Alignment, align
from oms.memory.network_load import Loaded, load
from oms.memory.plain import Plain
from oms.memory.totals import Totals
from routing.network import Network, build_network
from routing.network_spec import NetworkRefused, NetworkSpec
from routing.policy import Policy

log = logging.getLogger(__name__)


class Networks:
    """Readers take `current` once and decide by that; it is replaced whole, never changed."""

    def __init__(self) -> None:
        nothing = NetworkSpec(version=0, currency="USD", nodes=())
        self.current = Loaded(build_network(nothing), Policy(), nothing)
        self._aligned = align(self.current.network, ())
        self._totals: Totals | None = None
        self._plain: Plain | None = None

    def aligned(self, network: Network, order: tuple[str, ...]) -> Alignment:
        """This network beside the catalogue's ``order`` of nodes; the last one made is remembered."""
        known = self._aligned
        if known.network is not network or known.order is not order:
            known = self._aligned = align(network, order)
        return known

    def totals(self, order: tuple[str, ...]) -> Totals:
        """Totals of SKUs beside the present network; those of the last one asked for are remembered."""
        known, network = self._totals, self.current.network
        if known is None or known.nodes.network is not network or known.nodes.order is not order:
            known = self._totals = Totals(self.aligned(network, order))
        return known

    def plain(self, order: tuple[str, ...]) -> Plain:
        """What plain promises need beside the present network; the last one asked for is remembered."""
        known, loaded = self._plain, self.current
        if known is None or known.loaded is not loaded or known.nodes.order is not order:
            known = self._plain = Plain(loaded, self.aligned(loaded.network, order))
        return known

    def reload(self, conn: Connection) -> None:
        """A hook for the refresher. Edits are checked before they commit, so a broken network is an import
        of another release's data; the last whole one goes on serving."""
        try:
            self.current = load(conn)
        except NetworkRefused as refused:
            log.error("The stored network cannot be built (%s); serving the one before", refused)
