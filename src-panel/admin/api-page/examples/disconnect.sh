#!/bin/sh
# disconnect.sh MEMBER_ID REASON [INCIDENT]: ends every connection of a member and prints the server's answer.
# Environment: POSTERN_URL, POSTERN_TOKEN (scope members:disconnect). Exit code 0: the server has done it.
set -eu
body=$(jq -cn --arg r "$2" --arg i "${3:-}" '{reason: $r} + if $i == "" then {} else {incident_id: $i} end')
printf 'header = "Authorization: Bearer %s"\n' "$POSTERN_TOKEN" |
  curl --config - --silent --show-error --fail-with-body --max-time 10 \
    --header 'Content-Type: application/json' --data "$body" \
    "$POSTERN_URL/api/v1/member/$1/disconnect"
