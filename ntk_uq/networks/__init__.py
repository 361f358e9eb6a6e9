"""Networks: the layers of an architecture, at finite and at infinite width."""
