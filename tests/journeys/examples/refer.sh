#!/bin/sh
# A social team refers a person with only curl:  WD_ADDRESS=https://… WD_KEY=… sh refer.sh referral.json
# The same Idempotency-Key is the same referral: keep it with your case, and repeat until you have an answer.
set -eu
curl --silent --show-error --fail-with-body \
  --header "Authorization: Bearer $WD_KEY" \
  --header "Content-Type: application/json" \
  --header "Idempotency-Key: ${WD_CASE:-zaak-17}" \
  --data-binary "@$1" \
  "$WD_ADDRESS/v1/referrals"
