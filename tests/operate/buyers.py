"""Orders that keep coming in while something else is done to the database."""

from __future__ import annotations

import threading
import time

from tests.checkout.conftest import Shop


class Buyers:
    """Threads that place orders as fast as they can, and note how long the slowest took."""

    def __init__(self, shop: Shop, count: int = 3, name: str = "b") -> None:
        self.placed = 0
        self.slowest_s = 0.0
        self.refused: list[str] = []
        self._shop, self._name, self._stop = shop, name, threading.Event()
        self._threads = [threading.Thread(target=self._buy, args=(n,)) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def _buy(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            begun = time.monotonic()
            id = f"{self._name}-{number}-{turn}"
            answer = self._shop.place(id, ("A1", 1), method="ship", client=self._shop.admin)
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
            turn += 1
            if answer.status_code == 201:
                self.placed += 1
            else:
                self.refused.append(answer.text)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
