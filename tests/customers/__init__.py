"""One record of a customer across channels."""
