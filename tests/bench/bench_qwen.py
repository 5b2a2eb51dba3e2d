"""Qwen-Image-Layered at full size with random weights beside the stock pipeline; the figures of docs/benchmarks.md.

`python -m tests.bench.bench_qwen` needs an NVIDIA GPU; `--tiny` makes a dry run on the processor. The same as
`unflatten bench qwen`.
"""

from __future__ import annotations

import sys

from engine.qwen.bench.run import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
