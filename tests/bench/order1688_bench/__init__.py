"""The benchmark: ../run_bench.py says what it does."""
