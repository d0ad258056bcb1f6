"""The committed samples, and what the demo adds to them: prices for customers, couriers and lead times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "samples"
PICK_LEAD_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """A folder under `samples/`. The sources say nothing of prices for delivery and of couriers, so the
    demo assumes them: customers pay `ship_minor` (nothing from `free_from_minor` of goods on),
    `courier_minor` or, for pickup, nothing; a courier trip costs the shop `trip_minor`."""

    id: str
    title: str
    ship_minor: int
    free_from_minor: int
    courier_minor: int
    trip_minor: int

    @property
    def folder(self) -> Path:
        return FOLDER / self.id

    def digest(self) -> str:
        """Names the content of the sample's files."""
        found = sha256()
        for file in sorted(self.folder.iterdir()):
            found.update(file.name.encode() + b"\0" + sha256(file.read_bytes()).digest())
        return found.hexdigest()

    def policy(self, unfilled_penalty_minor: int) -> dict[str, Any]:
        """The body of `PUT /v1/policy`."""
        ship = {"method": "ship", "amount_minor": self.ship_minor, "free_from_minor": self.free_from_minor}
        courier = {"method": "courier", "amount_minor": self.courier_minor}
        return {"unfilled_penalty_minor": unfilled_penalty_minor, "price_rules": [ship, courier]}


SAMPLES: Mapping[str, Sample] = {
    sample.id: sample
    for sample in (
        Sample("us_grocer", "US grocer", 599, 3500, 899, 650),
        Sample("uk_retailer", "UK retailer", 395, 4000, 595, 450),
    )
}


def chosen(name: str | None, everything: bool) -> Iterator[Sample]:
    """The sample named; without a name all of them, or the first."""
    for sample in SAMPLES.values():
        if sample.id == name or (name is None and (everything or sample.id == "us_grocer")):
            yield sample
