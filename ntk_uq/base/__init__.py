"""What everything else stands on: errors, records, fields of specifications, settings."""
