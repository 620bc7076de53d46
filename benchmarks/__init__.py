"""Programs that measure, as ratios in one run; never tests: machines are noisy."""
