"""Pages for people at work: rendered on the server, no script needed."""
