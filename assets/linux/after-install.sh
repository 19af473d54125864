#!/bin/sh
# Runs as root when the files are in place. deb: `configure <version before>`; rpm: 1 at first, 2 for an upgrade.
set -eu
unit=postern-helper.service
# Does something only at the start of the computer, when there is something to hold back.
guard=postern-guard.service
profile=/etc/apparmor.d/postern-desktop

case "${1:-}" in
  configure) before=${2:-} ;;
  1) before= ;;
  [2-9]*) before=unknown ;;
  *) exit 0 ;;
esac

if ! getent group postern >/dev/null; then
  groupadd --system postern
fi
if [ -z "$before" ]; then
  # Whoever installs it means to use it; others are added with `usermod -aG postern <name>`.
  user=
  if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
    user=$SUDO_USER
  elif [ -n "${PKEXEC_UID:-}" ] && [ "$PKEXEC_UID" != 0 ]; then
    user=$(getent passwd "$PKEXEC_UID" | cut -d: -f1)
  fi
  if [ -n "$user" ] && getent passwd "$user" >/dev/null; then
    usermod -aG postern "$user"
    echo "Postern: $user may use the VPN helper after signing in to this computer again."
  fi
fi

# Chromium falls back to it where users may not make namespaces.
chmod 4755 /opt/Postern/chrome-sandbox

# Lets the sandbox make user namespaces on systems that restrict them by AppArmor (Ubuntu 24.04).
if command -v apparmor_status >/dev/null && apparmor_status --enabled >/dev/null 2>&1; then
  shipped=/opt/Postern/resources/apparmor-profile
  if apparmor_parser --skip-kernel-load --debug "$shipped" >/dev/null 2>&1; then
    cp -f "$shipped" "$profile"
    if ! { command -v ischroot >/dev/null && ischroot; }; then
      apparmor_parser --replace --write-cache --skip-read-cache "$profile"
    fi
  fi
fi

is_running=
if [ -d /run/systemd/system ]; then
  is_running=yes
  systemctl daemon-reload
fi
if command -v deb-systemd-helper >/dev/null; then
  # Keeps what an administrator decided before an upgrade or between removal and a new installation.
  for each in "$unit" "$guard"; do
    deb-systemd-helper unmask "$each" >/dev/null
    if deb-systemd-helper --quiet was-enabled "$each"; then
      deb-systemd-helper enable "$each" >/dev/null
    else
      deb-systemd-helper update-state "$each" >/dev/null
    fi
  done
  if [ -n "$is_running" ]; then
    deb-systemd-invoke restart "$unit"
  fi
else
  for each in "$unit" "$guard"; do
    if [ -z "$before" ] || [ -e "/run/postern-new-units/$each" ]; then
      systemctl enable "$each"
    fi
  done
  rm -rf /run/postern-new-units
  if [ -n "$is_running" ] && [ -z "$before" ]; then
    systemctl start "$unit"
  elif [ -n "$is_running" ]; then
    systemctl try-restart "$unit"
  fi
fi
