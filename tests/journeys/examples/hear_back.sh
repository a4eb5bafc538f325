#!/bin/sh
# A social team's system with only curl: have feedback brought to a webhook, and read it with a cursor.
#
#   WD_ADDRESS=https://wederdienst.example WD_KEY=… URL=https://team.example/webhooks SECRET=file sh hear_back.sh
set -eu

call() { # method path [body]
    curl --silent --show-error --fail-with-body --request "$1" "$WD_ADDRESS$2" \
        --header "Authorization: Bearer $WD_KEY" --header 'Content-Type: application/json' ${3:+--data "$3"}
}
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

# Where you want to hear, and what you check signatures with.
endpoint=$(call POST /v1/webhook-endpoints "{\"url\": \"$URL\"}" | field id)
(umask 077; call GET "/v1/webhook-endpoints/$endpoint/secrets" | field secret >"$SECRET")

# The test button; the delivery log says how it went.
call POST "/v1/webhook-endpoints/$endpoint/trials" >/dev/null
until call GET "/v1/webhook-endpoints/$endpoint/deliveries" | grep -q '"status":"delivered"'; do sleep 0.2; done
echo "endpoint $endpoint takes webhooks"

# Or ask for it yourself, as often as you like: remember the cursor.
echo "cursor $(call GET "/v1/feedback?after=${CURSOR:-0}" | field cursor)"
