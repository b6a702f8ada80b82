#!/bin/sh
# A trial in shell: how far a box is from 12 x 7. What it prints as name=value is a metric.
width=$1
height=$2
echo "cost=$(((width - 12) * (width - 12) + (height - 7) * (height - 7)))"
