"""What was computed: records, where the store keeps them, and how they are read back."""
