"""What screens and answers show, as JSON-ready documents."""
