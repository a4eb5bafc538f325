#!/bin/sh
# As the official image does it: a new cluster for POSTGRES_USER, then the server as it was asked for.
set -eu
umask 077
printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
# The arguments are words, as in the official image.
# shellcheck disable=SC2086
initdb -U "$POSTGRES_USER" --pwfile=/tmp/password --auth=scram-sha-256 $POSTGRES_INITDB_ARGS
rm /tmp/password
unset POSTGRES_PASSWORD
exec "$@"
