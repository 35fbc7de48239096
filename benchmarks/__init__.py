"""Comparisons: suites of runs, the measures, the statistics, the report."""
