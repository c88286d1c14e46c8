#!/bin/sh
# Join the Ray cluster at $RAY_HEAD as a node that offers nothing, then launch a grid from it.
#
# A Ray driver needs a node of the cluster on its own machine. This container becomes one, with no
# CPU and no GPU, so no training is ever placed in it: ending it ends the driver and nothing else.
# Arguments are those of `sweeper launch`.
set -eu
: "${RAY_HEAD:?RAY_HEAD is not set: the address of the head, as head:6379}"
ray start --address="$RAY_HEAD" --num-cpus=0 --num-gpus=0 --disable-usage-stats
exec sweeper launch "$@" --address "$RAY_HEAD"
