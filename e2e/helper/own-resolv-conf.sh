#!/bin/sh
# Runs a command in a mount namespace (made by the caller) whose /etc, /run and /usr are layered over the machine's, so
# that nothing outside changes. $1: empty folder, $2: unpacked package with resolvconf, then the command.
set -eu
work=$1
package=$2
shift 2
mount --make-rprivate /
mount -t tmpfs tmpfs "$work"
mkdir "$work/layer" "$work/layer/sbin" "$work/layer/lib"
cp -a "$package/sbin/." "$work/layer/sbin"
cp -a "$package/lib/." "$work/layer/lib"
for folder in /etc /run; do
  name=$(basename "$folder")
  mkdir "$work/$name" "$work/$name.work"
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=$work/$name,workdir=$work/$name.work" "$folder"
done
mount -t overlay overlay -o "lowerdir=$work/layer:/usr" /usr
rm -f /etc/resolv.conf
echo 'nameserver 192.0.2.53' >/etc/resolv.conf
cp "$package/etc/resolvconf.conf" /etc/resolvconf.conf
mkdir -p /run/resolvconf
# What the system's own network configuration would have told it.
echo 'nameserver 192.0.2.53' | /usr/sbin/resolvconf -a eth0
exec "$@"
