"""Which lines of orders count as demand: SQL that statements on it share."""

AS_ORDERED = """
    NOT l.is_kit AND l.ordered > 0 AND (l.kit_line IS NOT NULL OR position('~' IN l.line_id) = 0)
"""
"""Of ``order_line l``: what customers asked for, kits as their components, and not what went instead of it
(`oms.orders.order.Line.substitute`), which would count the same wish twice.
"""
