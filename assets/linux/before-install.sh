#!/bin/sh
# Runs as root before the files are there. rpm: 2 for an upgrade; what deb says is passed over, for dpkg keeps books of
# its own. A unit that the upgrade brings is new to this system and will be enabled, as at a first installation.
set -eu

[ "${1:-}" = 2 ] || exit 0
for each in postern-helper.service postern-guard.service; do
  if [ ! -e "/usr/lib/systemd/system/$each" ]; then
    mkdir -p /run/postern-new-units
    touch "/run/postern-new-units/$each"
  fi
done
