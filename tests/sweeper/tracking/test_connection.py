"""The check of a tracking server: every way to authenticate that MLflow has, no secrets."""

import base64
import datetime
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sweeper.errors import TrackingError
from sweeper.tracking.connection import check_server, open_client

pytestmark = pytest.mark.filterwarnings("ignore")  # urllib3 on unverified certificates
USER, PASSWORD, TOKEN = "me", "hidden-word", "hidden-token"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Guarded(BaseHTTPRequestHandler):
    """Answers 200 to the expected Authorization header, and the server's `code` to others."""

    def do_GET(self):
        allowed = self.server.expected in (None, self.headers.get("Authorization"))
        body = b'{"experiments": []}' if allowed else b"no"
        self.send_response(200 if allowed else self.server.code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def serving(expected=None, code=401, certificate=None):
    """The port of a server on 127.0.0.1."""
    with HTTPServer(("127.0.0.1", 0), Guarded) as server:
        server.expected, server.code = expected, code
        server.handle_error = lambda *_: None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch, tmp_path):
    for name in ("USERNAME", "PASSWORD", "TOKEN", "INSECURE_TLS", "SERVER_CERT_PATH"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate of 127.0.0.1, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=400))
        .not_valid_after(now + datetime.timedelta(days=4000))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(encoding) + private)
    return path


def test_user_and_password_from_the_environment(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", USER)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    with serving(BASIC) as port:
        check_server(f"http://127.0.0.1:{port}")


def test_user_and_password_in_the_address():
    with serving(BASIC) as port:
        check_server(f"http://{USER}:{PASSWORD}@127.0.0.1:{port}")


def test_a_token(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", TOKEN)
    with serving(f"Bearer {TOKEN}") as port:
        check_server(f"http://127.0.0.1:{port}")


def test_the_credentials_file_of_mlflow(tmp_path):
    (tmp_path / ".mlflow").mkdir()
    (tmp_path / ".mlflow" / "credentials").write_text(
        f"[mlflow]\nmlflow_tracking_username = {USER}\nmlflow_tracking_password = {PASSWORD}\n"
    )
    with serving(BASIC) as port:
        check_server(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_that_is_named(monkeypatch, certificate, name):
    monkeypatch.setenv(name, str(certificate))
    with serving(certificate=certificate) as port:
        check_server(f"https://127.0.0.1:{port}")


def test_a_certificate_that_is_not_verified(monkeypatch, certificate):
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    with serving(certificate=certificate) as port:
        check_server(f"https://127.0.0.1:{port}")


def test_a_self_signed_certificate_is_an_error_with_the_variables(certificate):
    with serving(certificate=certificate) as port:
        with pytest.raises(TrackingError, match="self-signed.*REQUESTS_CA_BUNDLE") as caught:
            check_server(f"https://{USER}:{PASSWORD}@127.0.0.1:{port}")
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (401, r"refuses the credentials \(401\).*MLFLOW_TRACKING_TOKEN"),
        (403, r"refuses the host name '127.0.0.1:\d+' \(403\)"),
        (404, "answers 404 .*is it an MLflow server"),
        (503, "answers 503"),
    ],
)
def test_a_refusal_names_the_remedy_and_no_secret(monkeypatch, code, message):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", TOKEN)
    with serving("another", code) as port:
        with pytest.raises(TrackingError, match=message) as caught:
            check_server(f"http://{USER}:{PASSWORD}@127.0.0.1:{port}")
    assert PASSWORD not in str(caught.value) and TOKEN not in str(caught.value)


def test_an_unreachable_server_is_one_line_without_the_secret():
    with pytest.raises(TrackingError, match="cannot be reached: .*Connection refused") as caught:
        check_server(f"http://{USER}:{PASSWORD}@127.0.0.1:9")
    assert PASSWORD not in str(caught.value) and "\n" not in str(caught.value)


def test_settings_of_a_server_do_not_concern_a_file(new_store, monkeypatch):
    monkeypatch.setenv("MLFLOW_ENABLE_WORKSPACES", "true")
    monkeypatch.setenv("MLFLOW_WORKSPACE", "elsewhere")
    uri = new_store()
    client = open_client(uri)
    assert client.create_experiment("e", artifact_location="file:///nowhere") == "1"


def test_a_setting_of_mlflow_that_is_no_number_is_one_line(new_store, monkeypatch):
    monkeypatch.setenv("MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", "many")
    with pytest.raises(TrackingError, match="'many' for MLFLOW_SQLALCHEMYSTORE_POOL_SIZE"):
        open_client(new_store())
