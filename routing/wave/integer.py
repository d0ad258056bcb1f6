"""The integer master: one known column per order, within what is left, by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from routing.kernel import SHIFT
from routing.problem import Ints
from routing.wave.columns import COL_COST, COL_ORDER, COL_USES
from routing.wave.pool import Pool

NODES = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """One column per order, orders ascending; ``proven``: no choice among the columns given costs less."""

    columns: Ints
    proven: bool


def choose(
    pool: Pool, columns: Ints, left: Ints, start: Ints, seconds: float | None, seed: int, gap: float = 1e-6
) -> Chosen | None:
    """The cheapest choice found in ``seconds`` (None: after so many nodes of the search, the same on any
    machine); ``start``: one column per order that fits into ``left``
    [rows]. None where the solver found nothing.
    """
    columns = np.union1d(columns, start)
    model = mathopt.Model.from_model_proto(_model(pool, columns, left))
    variables = list(model.variables())
    hint = dict(zip(variables, np.isin(columns, start).astype(float).tolist(), strict=True))
    solved = mathopt.solve(
        model,
        mathopt.SolverType.HIGHS,
        params=mathopt.SolveParameters(
            time_limit=None if seconds is None else timedelta(seconds=max(0.05, seconds)),
            node_limit=NODES if seconds is None else None,
            relative_gap_tolerance=gap,
            random_seed=seed,
        ),
        model_params=mathopt.ModelSolveParameters(
            solution_hints=[mathopt.SolutionHint(variable_values=hint)]
        ),
    )
    if not solved.has_primal_feasible_solution():
        return None
    values = solved.variable_values()
    taken = columns[np.array([values[v] > 0.5 for v in variables])]
    taken = taken[np.argsort(pool.col[taken, COL_ORDER], kind="stable")]
    proven = solved.termination.reason == mathopt.TerminationReason.OPTIMAL
    return Chosen(taken, proven)


def _model(pool: Pool, columns: Ints, left: Ints) -> model_pb2.ModelProto:
    """Rows: orders, then those of ``left`` that these columns together could overdraw."""
    col = pool.col[columns]
    orders, of_order = np.unique(col[:, COL_ORDER], return_inverse=True)
    width = pool.col[columns + 1, COL_USES] - col[:, COL_USES]
    owner = np.repeat(np.arange(columns.size), width)
    within = np.arange(owner.size) - np.repeat(np.cumsum(width) - width, width)
    drawn = pool.uses[col[owner, COL_USES] + within]
    tight = np.flatnonzero(np.bincount(drawn[:, 0], drawn[:, 1], left.size) > left)
    place = np.full(left.size, -1)
    place[tight] = orders.size + np.arange(tight.size)
    kept = place[drawn[:, 0]] >= 0
    row = np.concatenate([of_order, place[drawn[kept, 0]]])
    column = np.concatenate([np.arange(columns.size), owner[kept]])
    units = np.concatenate([np.ones(columns.size), drawn[kept, 1]])
    sort = np.lexsort((column, row))

    model = model_pb2.ModelProto()
    count = columns.size
    cost = (col[:, COL_COST] / (1 << SHIFT)).tolist()
    model.variables.ids.extend(range(count))
    model.variables.lower_bounds.extend([0.0] * count)
    model.variables.upper_bounds.extend([1.0] * count)
    model.variables.integers.extend([True] * count)
    model.objective.linear_coefficients.ids.extend(range(count))
    model.objective.linear_coefficients.values.extend(cost)
    model.linear_constraints.ids.extend(range(orders.size + tight.size))
    model.linear_constraints.lower_bounds.extend([1.0] * orders.size + [0.0] * tight.size)
    model.linear_constraints.upper_bounds.extend([1.0] * orders.size + left[tight].astype(float).tolist())
    model.linear_constraint_matrix.row_ids.extend(row[sort].tolist())
    model.linear_constraint_matrix.column_ids.extend(column[sort].tolist())
    model.linear_constraint_matrix.coefficients.extend(units[sort].tolist())
    return model
