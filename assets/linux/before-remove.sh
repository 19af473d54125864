#!/bin/sh
# Runs as root while the files are still there. deb: `remove`; rpm: 0. An upgrade stops nothing here.
set -eu
unit=postern-helper.service
guard=postern-guard.service

case "${1:-}" in
  remove | deconfigure | 0) ;;
  *) exit 0 ;;
esac

# The helper takes tunnel, routes, DNS settings and socket away when it is asked to end.
if [ -d /run/systemd/system ]; then
  systemctl stop "$unit" "$guard"
fi
# What it holds back stands without it, and nobody would be left to end that.
if command -v nft >/dev/null && ! { command -v ischroot >/dev/null && ischroot; }; then
  printf 'table inet postern_guard\ndelete table inet postern_guard\n' | nft -f - || true
fi
if ! command -v deb-systemd-helper >/dev/null; then
  systemctl disable "$unit" "$guard"
fi
