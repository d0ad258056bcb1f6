"""The bound of orders beyond the exact kernel, on a real basket that once ended in a failure."""

import gzip
from pathlib import Path

import orjson

from routing.files import problem_from_json
from routing.plan import Status
from routing.route import route
from routing.verify import recount

PROBLEMS = Path(__file__).parent / "problems"


def test_a_basket_whose_prices_the_solver_misses_once_still_has_a_plan_and_a_bound() -> None:
    """On the 18 lines of this basket GLOP's warm start ends as ABNORMAL."""
    problem = problem_from_json(
        orjson.loads(gzip.decompress((PROBLEMS / "grocer_114601.json.gz").read_bytes()))
    )
    plan = route(problem)
    assert recount(problem, plan).faults == ()
    assert plan.status is Status.OPTIMAL
    assert 0 < plan.bound_minor <= plan.objective_minor
