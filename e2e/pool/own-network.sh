#!/bin/sh
# Starts $POSTERN_TEST_NODE in a network of its own; needs root, be it of a user namespace. A link with an address,
# though it leads nowhere: a browser with nothing but loopback takes itself for offline, and pages say so.
exec unshare --net -- sh -c '
  ip link set lo up &&
  ip link add online type veth peer name nowhere &&
  ip address add 198.18.255.254/32 dev online &&
  ip link set online up && ip link set nowhere up &&
  exec "$POSTERN_TEST_NODE" "$@"' sh "$@"
