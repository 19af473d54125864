#!/bin/sh
# Runs as root when the files are gone. deb: `remove`, then `purge`, where what an administrator decided goes too:
# trusted servers, the group, whether the helper starts. rpm knows no purge and does both at 0.
set -eu
unit=postern-helper.service
guard=postern-guard.service

remove_what_the_helper_made() {
  # By name: a control server on the same machine keeps its data in the same folder.
  rm -f /var/lib/postern/lease-history.json /var/lib/postern/helper-state.json /run/postern/helper.sock
  rm -f /var/lib/postern/guard.json /var/lib/postern/guard.nft
  # wireguard-go's folder is shared with other tunnels: it goes only when it is empty, as the others do.
  for folder in /var/lib/postern /run/postern /run/wireguard; do
    if [ -d "$folder" ]; then
      rmdir --ignore-fail-on-non-empty "$folder"
    fi
  done

  profile=/etc/apparmor.d/postern-desktop
  if [ -f "$profile" ]; then
    if apparmor_status --enabled >/dev/null 2>&1 && ! { command -v ischroot >/dev/null && ischroot; }; then
      apparmor_parser --remove "$profile" || true
    fi
    rm -f "$profile"
  fi

  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl reset-failed "$unit" 2>/dev/null || true
  fi
}

forget_what_was_decided() {
  if command -v deb-systemd-helper >/dev/null; then
    for each in "$unit" "$guard"; do
      deb-systemd-helper purge "$each" >/dev/null
      deb-systemd-helper unmask "$each" >/dev/null
    done
  fi
  rm -f /etc/postern/trusted-servers.json /etc/postern/helper.toml
  if [ -d /etc/postern ]; then
    rmdir --ignore-fail-on-non-empty /etc/postern
  fi
  # A control server on the same machine runs as a user of this group.
  gid=$(getent group postern | cut -d: -f3)
  if [ -n "$gid" ] && ! getent passwd | cut -d: -f4 | grep -qx "$gid"; then
    groupdel postern
  fi
}

case "${1:-}" in
  remove) remove_what_the_helper_made ;;
  purge)
    remove_what_the_helper_made
    forget_what_was_decided
    ;;
  0)
    remove_what_the_helper_made
    forget_what_was_decided
    ;;
esac
