"""What the product is measured by. `python -m tests.benchmarks` prints every figure, each beside
the reference of the same run; names after it choose some of them."""
