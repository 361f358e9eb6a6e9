"""What a computation will take, told before it starts: operations, seconds, memory."""
