"""What stands in which column of a wave's tables."""

ORDER_PIECES, ORDER_EDGES, ORDER_TIED = range(3)  # order [O + 1, 3]; tied: pieces share a SKU
PIECE_QUANTITY, PIECE_PENALTY, PIECE_UNFILLED = range(3)  # piece [K, 3]
EDGE_CELLS, EDGE_ROW, EDGE_TARIFF, EDGE_FIXED = range(4)  # edge [E + 1, 4]
CELL_USES, CELL_PIECE, CELL_MOST, CELL_UNIT = range(4)  # cell [C + 1, 4]
USE_ROW, USE_UNITS, USE_PAIR, USE_PHASE = range(4)  # use [U, 4]; pair, phase: see ``routing.wave.master``
OUT_ORDER, OUT_PARCELS, OUT_HEAD = 0, 1, 2  # a plan written: order, parcels, then (edge, bundle) each

COL_ORDER, COL_COST, COL_HASH, COL_USES, COL_PARCELS = range(5)  # col [· + 1, 5]
