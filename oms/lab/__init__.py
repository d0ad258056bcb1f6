"""Many replays of one history: what is changed in it, by which policies it is played, and by whom."""
