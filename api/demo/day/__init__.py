"""The days that follow on real orders: nodes, couriers, carriers and customers act, all through HTTP."""
