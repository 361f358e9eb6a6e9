"""What everything else rests on, and what rests on nothing."""
