"""Pick lists: which fulfilment orders are picked together, the walk past their shelves, what came of it."""
