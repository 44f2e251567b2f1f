"""Benchmarks: ours beside the field's, on one machine and one database. Run by `make bench`, and never by the tests."""
