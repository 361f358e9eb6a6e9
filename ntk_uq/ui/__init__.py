"""Pages, and what they share: the only folder that talks to the browser."""
