#!/bin/sh
# Starts the server in a container. A password may come in a file, so that no list of processes or settings shows it.
set -eu
if [ -n "${WHEREFORE_DB_PASSWORD_FILE:-}" ]; then
    if [ ! -r "$WHEREFORE_DB_PASSWORD_FILE" ]; then
        echo "WHEREFORE_DB_PASSWORD_FILE is $WHEREFORE_DB_PASSWORD_FILE, which user $(id -u) cannot read;" \
            "see that the file is there and that all may read it" >&2
        exit 78
    fi
    PGPASSWORD=$(cat "$WHEREFORE_DB_PASSWORD_FILE")
    export PGPASSWORD
fi
exec wherefore serve "$@"
