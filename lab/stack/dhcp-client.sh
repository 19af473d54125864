#!/bin/sh
# What udhcpc of busybox calls: sets the address that the network gives. The one of before stays until then, as
# NetworkManager and systemd-networkd have it. Each lease becomes a line of $LAB_LEASES.
set -eu
case $1 in bound | renew) ;; *) exit 0 ;; esac
# shellcheck disable=SC2154 # set by udhcpc
{
  echo 1 >"/proc/sys/net/ipv4/conf/$interface/promote_secondaries"
  ip addr replace "$ip/$mask" dev "$interface"
  for old in $(ip -4 -o addr show dev "$interface" | awk '{ print $4 }'); do
    [ "$old" = "$ip/$mask" ] || ip addr del "$old" dev "$interface"
  done
  ip route replace default via "${router%% *}" dev "$interface" metric 100
  echo "$1 $ip" >>"$LAB_LEASES"
}
