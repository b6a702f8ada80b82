#!/bin/sh
# One fold of a trial: the mean squared error of y = slope * x on every third of 30 points, which
# lie near y = 2 * x.
awk -v slope="$1" -v fold="$JOB_COMPLETION_INDEX" 'BEGIN {
  for (i = 1; i <= 30; ++i) {
    if (i % 3 != fold) continue
    x = i / 10
    error = 2 * x + 0.3 * sin(7 * i) - slope * x
    sum += error * error
  }
  printf "loss=%.6f\n", sum / 10
}'
