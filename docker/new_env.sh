#!/bin/sh
# Write docker/.env with fresh random secrets, readable by its owner alone.
# A file that exists is left alone: its passwords are those of the volumes.
set -eu
file="$(dirname "$0")/.env"
if [ -e "$file" ]; then
    echo "$file exists; remove it first if the volumes are gone as well" >&2
    exit 1
fi
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
umask 077
cat > "$file" <<END
RAY_AUTH_TOKEN=$(secret)
POSTGRES_PASSWORD=$(secret)
MLFLOW_PASSWORD=$(secret)
MLFLOW_SECRET_KEY=$(secret)
S3_ACCESS_KEY=$(secret | cut -c1-20)
S3_SECRET_KEY=$(secret)
END
echo "wrote $file; the user of the MLflow UI is sweeper, the password MLFLOW_PASSWORD in it"
