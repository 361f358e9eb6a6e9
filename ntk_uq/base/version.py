"""The version of this program, part of every result's provenance."""

VERSION = "0.1.0"
