"""MLflow clients: the one place that makes them, after the checks that a user understands."""

import contextlib
import os
from typing import TYPE_CHECKING, Any

from sweeper.errors import TrackingError
from sweeper.messages import first_line, mask_credentials
from sweeper.tracking.mlflow_defaults import set_mlflow_defaults
from sweeper.tracking.sqlite_file import create_where_missing, relocate
from sweeper.tracking.uri import check_uri, sqlite_path

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

PREFLIGHT_TIMEOUT_S = 10.0
_API = "/api/2.0/mlflow/experiments/search"


def open_client(uri: str) -> "MlflowClient":
    """A client of a store. A missing SQLite store is created, a moved one gets its new addresses.

    Raises TrackingError for a store that cannot be used."""
    check_uri(uri)
    set_mlflow_defaults()
    path = sqlite_path(uri)
    if path is not None:
        create_where_missing(uri, path)
        relocate(uri, path)
        os.environ["MLFLOW_ENABLE_WORKSPACES"] = "false"  # of a server; a file has none
        _correct_paths_of_mlflow()
    from mlflow.exceptions import MlflowException

    from sweeper.tracking.client import WholeValuesClient

    try:
        return WholeValuesClient(uri, registry_uri=uri)
    except (MlflowException, OSError, ValueError) as error:  # the last of a setting of MLflow's
        raise tracking_error(uri, error) from error


def load_mlflow(uri: str) -> None:
    """Imports what `open_client` needs for a store, which takes seconds: for a thread, while
    something else starts. An import that fails here fails again in `open_client`."""
    set_mlflow_defaults()
    with contextlib.suppress(Exception):
        import sweeper.tracking.client  # noqa: F401

        if sqlite_path(uri) is not None:
            import mlflow.store.tracking.sqlalchemy_store  # noqa: F401


def _correct_paths_of_mlflow() -> None:
    """Keeps MLflow out of other folders, by two of its private names.

    It creates the folder of a database from the quoted address: an empty `a%23b` next to `a#b`
    (the folder exists at this point). And it caches a run's artifact folder by run id for the whole
    process, so that the copy of a store would be written into the original."""
    from mlflow.store.db import utils
    from mlflow.tracking._tracking_service.utils import _artifact_repos_cache

    utils._make_parent_dirs_if_sqlite = lambda db_uri: None
    _artifact_repos_cache.clear()


def tracking_error(uri: str, error: Exception) -> TrackingError:
    """The error for a store that MLflow could not use, without credentials."""
    reason = mask_credentials(first_line(error))
    return TrackingError(f"MLflow store {mask_credentials(uri)}: {reason}")


def check_server(uri: str) -> None:
    """Asks a tracking server for one experiment. Raises TrackingError with the reason.

    The request is made by MLflow's own client, so that every way to authenticate that works for it
    (token, credentials file, user and password in the address, certificates) works here; without
    its retries, which take minutes. The API is asked, not /version or /health: the server answers
    those without checking host name or password."""
    set_mlflow_defaults()
    from mlflow.exceptions import MlflowException
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    try:
        response = http_request(
            get_default_host_creds(uri),
            _API,
            "GET",
            params={"max_results": 1},
            max_retries=0,
            timeout=PREFLIGHT_TIMEOUT_S,
            raise_on_status=False,
        )
    except (MlflowException, OSError) as error:
        raise TrackingError(_unreachable(uri, error)) from None
    if response.status_code != 200:
        raise TrackingError(_refusal(uri, response))


def _unreachable(uri: str, error: BaseException) -> str:
    """The innermost cause: MLflow's own text is a chain of exceptions and addresses."""
    cause, inner = error, error.__cause__ or error.__context__
    while inner is not None:
        cause = inner if isinstance(inner, OSError) else cause
        inner = inner.__cause__ or inner.__context__
    reason = mask_credentials(first_line(cause))
    remedy = "Start it or correct the address; then run the same command again"
    if "certificate" in reason.lower():
        remedy = (
            "Name the certificate of the server or of its authority in "
            "MLFLOW_TRACKING_SERVER_CERT_PATH or REQUESTS_CA_BUNDLE"
        )
    return f"the MLflow server at {mask_credentials(uri)} cannot be reached: {reason}. {remedy}"


def _refusal(uri: str, response: Any) -> str:
    shown = mask_credentials(uri)
    host = uri.split("//")[-1].split("/")[0].rpartition("@")[2]
    if response.status_code == 403 and "permission" not in response.text.lower():
        return (
            f"the MLflow server at {shown} refuses the host name {host!r} (403). Start it with: "
            f"mlflow server --allowed-hosts {host},localhost:*,127.0.0.1:*"
        )
    if response.status_code in (401, 403):
        return (
            f"the MLflow server at {shown} refuses the credentials ({response.status_code}). Set "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        )
    return f"{shown} answers {response.status_code} {response.reason}: is it an MLflow server?"
