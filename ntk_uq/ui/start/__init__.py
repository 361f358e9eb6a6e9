"""What newcomers are told: the quantities, things to try, and the paper's tasks in one click."""
