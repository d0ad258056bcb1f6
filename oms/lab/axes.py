"""What a sweep varies, read from words such as ``parcel_minor=0,50,100``, and the variants that follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from oms.lab.changes import ALL, Changes
from oms.lab.playing import Variant, Weights, World
from routing.replay.places import BY_COST
from routing.replay.policies import POLICIES

USUAL_POLICY = "sparing"
NONE = "none"
"""No node to close."""
TARIFF = "tariff:"
MOST_VARIANTS = 10_000


class BadAxis(Exception):
    """What cannot be varied so; the message says what can."""


@dataclass(frozen=True, slots=True)
class Named:
    """``policy`` and ``world`` are names made of what is varied. Variants of equal names differ in their seed
    only.
    """

    policy: str
    world: str
    variant: Variant


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        with suppress(ValueError):
            if least <= (value := float(text)) <= most:
                return value
        raise BadAxis(f"is not a number from {least:g} to {most:,.0f}")

    return read


def _whole(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        with suppress(ValueError):
            if 0 <= (value := int(text)) <= most:
                return value
        raise BadAxis(f"is not a whole number from 0 to {most:,}")

    return read


def _policy(text: str) -> str:
    if text not in POLICIES:
        raise BadAxis(f"is none of {', '.join(POLICIES)}")
    return text


_FELT = _number(0, 1e9)
_TIMES = _number(0, 100)
WEIGHTS: Mapping[str, Callable[[str], float]] = {
    "parcel_minor": _FELT, "late_day_minor": _FELT, "breadth_weight": _number(0, 100),
}  # fmt: skip
WORLDS: Mapping[str, Callable[[str], Any]] = {
    "promise_days": _whole(365), "reject_rate": _number(0, 1), "seed": _whole(2**31),
    "close": lambda text: () if text == NONE else tuple(sorted(set(text.split("+")))),
    "demand": _TIMES, "stock": _TIMES, "tariffs": _TIMES,
}  # fmt: skip


def read_axes(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """``KEY=VALUE,VALUE`` each. Raises BadAxis."""
    axes: dict[str, tuple[str, ...]] = {}
    for word in words:
        key, equals, values = word.partition("=")
        read = _reader(key)
        if not equals or read is None or key in axes:
            known = ", ".join(("policy", *WEIGHTS, *WORLDS, f"{TARIFF}NAME"))
            raise BadAxis(f"{word}: write KEY=VALUE,VALUE, each KEY once, of {known}")
        axes[key] = tuple(values.split(","))
        meant = set()
        for value in axes[key]:
            try:
                what = read(value)
            except BadAxis as why:
                raise BadAxis(f"{word}: {value or 'nothing'} {why}") from None
            if what in meant:
                raise BadAxis(f"{word}: {value} says the same as a value before it")
            meant.add(what)
    return axes


def read_policy(name: str) -> tuple[str, Weights]:
    """A policy and its weights from the name that a sweep gives them, such as ``sparing,parcel_minor=50``.
    Raises BadAxis.
    """
    policy, *words = name.split(",")
    rule = POLICIES.get(policy)
    if rule is None:
        raise BadAxis(f"{policy or 'Nothing'} is none of {', '.join(POLICIES)}")
    if words and rule.rule != BY_COST:
        raise BadAxis(f"{policy} is a rule, which feels no weights")
    said = read_axes(words)  # a value holds no comma here
    if not said.keys() <= WEIGHTS.keys():
        raise BadAxis(f"{name}: a policy has {', '.join(WEIGHTS)}")
    return policy, Weights(**{key: WEIGHTS[key](values[0]) for key, values in said.items()})


def variants(axes: Mapping[str, Sequence[str]], world: World) -> list[Named]:
    """Every combination, those of one world together; rules, which feel no weights, once in each. Raises
    BadAxis for too many.
    """
    of_worlds = {key: values for key, values in axes.items() if key in WORLDS or key.startswith(TARIFF)}
    weights = {key: axes[key] for key in WEIGHTS if key in axes}
    names = axes.get("policy", (USUAL_POLICY,))
    feel = [POLICIES[name].rule == BY_COST for name in names]
    count = _count(of_worlds) * sum(_count(weights) if feels else 1 for feels in feel)
    if count > MOST_VARIANTS:
        raise BadAxis(f"These are {count:,} variants; vary less, at most {MOST_VARIANTS:,}")
    policies = [
        {"policy": name} | felt
        for name, feels in zip(names, feel, strict=True)
        for felt in _combined(weights if feels else {})
    ]
    return [
        Named(_policy_name(policy), _world_name(place), _variant(policy, _placed(world, place)))
        for place in _combined(of_worlds)
        for policy in policies
    ]


def _count(axes: Mapping[str, Sequence[str]]) -> int:
    return prod(len(values) for values in axes.values())


def _combined(axes: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def _reader(key: str) -> Callable[[str], Any] | None:
    if key == "policy":
        return _policy
    return _TIMES if key.startswith(TARIFF) else WEIGHTS.get(key) or WORLDS.get(key)


def _variant(policy: Mapping[str, str], world: World) -> Variant:
    weights = {key: WEIGHTS[key](policy[key]) for key in WEIGHTS if key in policy}
    return Variant(policy["policy"], Weights(**weights), world)


def _placed(world: World, place: Mapping[str, str]) -> World:
    said = {key: WORLDS[key](text) for key, text in place.items() if key in WORLDS}
    tariffs = [
        (key.removeprefix(TARIFF), _TIMES(text)) for key, text in place.items() if key.startswith(TARIFF)
    ]
    if "tariffs" in said:
        tariffs.append((ALL, said.pop("tariffs")))
    changes = Changes(
        close=said.pop("close", ()),
        tariffs=tuple(one for one in tariffs if one[1] != 1),
        demand=said.pop("demand", 1.0),
        stock=said.pop("stock", 1.0),
    )
    return replace(world, changes=changes, **said)


def _policy_name(policy: Mapping[str, str]) -> str:
    more = [f"{key}={value}" for key, value in policy.items() if key != "policy"]
    return ",".join((policy["policy"], *more))


def _world_name(place: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in place.items() if key != "seed")
