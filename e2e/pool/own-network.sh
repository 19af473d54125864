#!/bin/sh
# Starts $POSTERN_TEST_NODE in a network of its own; needs root, be it of a user namespace.
exec unshare --net -- sh -c 'ip link set lo up && exec "$POSTERN_TEST_NODE" "$@"' sh "$@"
