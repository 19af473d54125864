#!/bin/sh
# Splunk custom alert action: bin/postern_disconnect.sh of an app whose alert_actions.conf says
#   [postern_disconnect]
#   is_custom = 1
#   payload_format = json
#   param.url = https://vpn.example.com
#   param.token_file = /opt/splunk/etc/auth/postern.token
# The search returns `member_id` and, if it likes, `reason`; "for each result" runs this for each of them.
set -eu
[ "${1:-}" = --execute ] || { echo 'run by Splunk with --execute' >&2; exit 2; }
payload=$(cat)
get() { printf '%s' "$payload" | jq -er "$1"; }
member=$(get '.result.member_id | select(test("^[0-9a-fA-F-]{36}$"))')
body=$(get '{reason: (.result.reason // .search_name)[:200], incident_id: .sid[:100]} | tojson')
printf 'header = "Authorization: Bearer %s"\n' "$(cat "$(get .configuration.token_file)")" |
  curl --config - --silent --show-error --fail-with-body --max-time 10 \
    --header 'Content-Type: application/json' --data "$body" \
    "$(get .configuration.url)/api/v1/member/$member/disconnect"
