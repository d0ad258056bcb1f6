"""The geocoder this process locates destinations with, renewed when places or nodes change."""

from sqlalchemy import Connection

from oms.adapters.geocoder import Geocoder
from oms.store.places import read_places


class Places:
    """Readers take `current` once; it is replaced whole, never changed."""

    def __init__(self) -> None:
        self.current = Geocoder(())

    def reload(self, conn: Connection) -> None:
        """A hook for the refresher, under the counters `places` and `network`: nodes are places too."""
        self.current = Geocoder(read_places(conn))
