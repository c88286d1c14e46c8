"""Images for services of compose.yaml that cannot be pulled, under the names that it gives them.

Made of Debian's PostgreSQL and of moto's S3 server. They take the command, the environment and the
health check of the published images, so that compose.yaml is run unchanged."""

from pathlib import Path

from tests.docker.engine import BASE, Engine, pip_settings
from tests.docker.places import ROOT, load_yaml

# As the published image: as root it gives the volume to `postgres` and goes on as that user; the
# first start makes user and database, on a socket only.
POSTGRES_ENTRYPOINT = """#!/bin/sh
set -eu
data=/var/lib/postgresql/data
if [ "$(id -u)" = 0 ]; then
    chown postgres "$data"
    chmod 700 "$data"
    exec setpriv --reuid=postgres --regid=postgres --init-groups sh "$0" "$@"
fi
if [ ! -s "$data/PG_VERSION" ]; then
    umask 077
    echo "$POSTGRES_PASSWORD" > /tmp/secret
    initdb -D "$data" --username="$POSTGRES_USER" --pwfile=/tmp/secret \\
        $POSTGRES_INITDB_ARGS
    rm /tmp/secret
    echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
    pg_ctl -D "$data" -o "-c listen_addresses=''" -w start
    [ "$POSTGRES_DB" = postgres ] ||
        createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl -D "$data" -m fast -w stop
fi
exec postgres -D "$data" -c "listen_addresses=*"
"""
POSTGRES = f"""FROM {BASE}
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql \\
    && rm -rf /var/lib/apt/lists/* \\
    && ln -s /usr/lib/postgresql/*/bin /opt/postgresql \\
    && install -d -o postgres /var/run/postgresql
ENV PATH=/opt/postgresql:$PATH LANG=C.UTF-8
COPY postgres.sh /postgres.sh
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["sh", "/postgres.sh"]
"""

# Keeps its objects in memory: they outlive neither this container nor a restart of it.
S3_SERVER = """
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

buckets = DomainDispatcherApplication(create_backend_app)

def answer(environ, start_response):
    if environ["PATH_INFO"] == "/healthz":
        start_response("200 OK", [("Content-Length", "0")])
        return []
    return buckets(environ, start_response)

run_simple("0.0.0.0", 8333, answer, threaded=True)
"""
S3 = """FROM {image}
USER root
COPY constraints.txt server.py /
COPY pip.conf /etc/pip.conf
RUN pip install --no-cache-dir --constraint /constraints.txt 'moto[s3,server]'
USER 1000:1000
ENTRYPOINT ["python", "/server.py"]
"""


def make_stand_ins(engine: Engine, folder: Path, image: str) -> None:
    """PostgreSQL on the base image and S3 on the sweeper's; the engine must reach the network."""
    services = load_yaml("compose.yaml")["services"]
    files = {
        "postgres": {"Dockerfile": POSTGRES, "postgres.sh": POSTGRES_ENTRYPOINT},
        "s3": {
            "Dockerfile": S3.format(image=image),
            "server.py": S3_SERVER,
            "constraints.txt": (ROOT / "constraints.txt").read_text(encoding="utf-8"),
        },
    }
    for service, contents in files.items():
        place = folder / service
        place.mkdir()
        for name, text in contents.items():
            (place / name).write_text(text, encoding="utf-8")
        with pip_settings(place):
            engine(
                *("build", "--network", "host", "--tag", services[service]["image"], str(place)),
                timeout_s=900,
            )
