#!/bin/sh
# A trial: reads its settings, does its work, and prints name=value for each metric. It is at its
# best at a rate of 0.01, a size of 7, and smooth with a window of 5.
rate=0.1
size=1
method=plain
window=0
for flag in "$@"; do
  case $flag in
    --rate=*) rate=${flag#*=} ;;
    --size=*) size=${flag#*=} ;;
    --method=*) method=${flag#*=} ;;
    --window=*) window=${flag#*=} ;;
    *) echo "unknown flag $flag" >&2; exit 2 ;;
  esac
done
awk -v rate="$rate" -v size="$size" -v method="$method" -v window="$window" 'BEGIN {
  cost = (log(rate / 0.01) / log(10)) ^ 2 + ((size - 7) / 4) ^ 2
  cost += method == "smooth" ? ((window - 5) / 4) ^ 2 : 1
  print "cost=" cost
}'
