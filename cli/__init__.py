"""The command line: one command a file; parses, calls and prints."""
