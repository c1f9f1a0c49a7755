"""Speed: seconds, megabytes and start-up beside the original's network and the classical tracers, in one run.

    python -m bench.speed DATA [--quick]

writes bench/results/speed.json, docs/performance.md and its plots. Each figure comes from a process of its own.
"""
