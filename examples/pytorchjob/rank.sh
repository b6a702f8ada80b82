#!/bin/sh
# One rank: rank.sh X. A worker leaves its part of the result where the master finds it.
set -eu
# shellcheck disable=SC2153  # the training operator sets RANK
echo "rank $RANK of $WORLD_SIZE, meeting at $MASTER_ADDR:$MASTER_PORT"
echo "node $PET_NODE_RANK of $PET_NNODES, processes per node: $PET_NPROC_PER_NODE"
part="$MIMAR_TRIAL_DIR/part-$RANK"
echo "$1" | awk '{ d = ($1 - 7) * ($1 - 7) / 2; print d }' > "$part.new"
mv "$part.new" "$part"
[ "$RANK" = 0 ] || exit 0
rank=1
while [ "$rank" -lt "$WORLD_SIZE" ]; do
  until [ -e "$MIMAR_TRIAL_DIR/part-$rank" ]; do sleep 0.05; done
  rank=$((rank + 1))
done
echo "distance=$(cat "$MIMAR_TRIAL_DIR"/part-* | awk '{ sum += $1 } END { print sum }')"
