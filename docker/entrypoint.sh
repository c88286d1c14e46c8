#!/bin/sh
# What a container of the image runs: a program by its name, or else a command of sweeper, as in
# `docker run IMAGE launch grids/quickstart.yaml`. A grid of the image is taken where the working
# folder has none at that path.
set -eu
case "${1:-}" in
    ray | mlflow | python | python3 | pip | sh | bash | sweeper | /*) exec "$@" ;;
esac
remaining=$#
while [ "$remaining" -gt 0 ]; do
    argument=$1
    shift
    case "$argument" in
        grids/*.yaml)
            if [ ! -e "$argument" ] && [ -e "/opt/sweeper/$argument" ]; then
                echo "$argument is not in $(pwd): taking the image's" >&2
                argument=/opt/sweeper/$argument
            fi ;;
    esac
    set -- "$@" "$argument"
    remaining=$((remaining - 1))
done
exec sweeper "$@"
