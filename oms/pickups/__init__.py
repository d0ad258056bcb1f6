"""The click-and-collect counter: what lies ready for one order, and its handing out."""
