"""What a process holds in memory to decide by, and what keeps it fresh."""
