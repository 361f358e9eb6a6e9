"""Jobs: their kinds, in words, and asking for them. Nothing here computes."""
