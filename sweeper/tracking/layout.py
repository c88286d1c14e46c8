"""Every tag, parameter, metric and artifact name in MLflow.

The writer and the reader import the names from here; no other file spells one out. Constants only:
importing this loads nothing.

One MLflow run per run of a grid (kind "run"), one parent per launched grid (kind "launch")."""

import re

from trainers.specs.measures import MEASURES as MEASURE_SPECS

DEFAULT_URI = "sqlite:///mlflow.db"  # in the working folder
DEFAULT_ARTIFACTS = "mlartifacts"
DEFAULT_EXPERIMENT = "sweeper"

# tags of every run
KIND = "sweeper.kind"
KIND_RUN = "run"
KIND_LAUNCH = "launch"
KIND_CONFLICT = "conflict"  # a merged run that differs from the run of the same id; never counted
RUN_ID = "sweeper.run_id"
TRAINING_ID = "sweeper.training_id"
STATUS = "sweeper.status"
REASON = "sweeper.reason"  # of a diverged or failed run
SYNTHETIC = "sweeper.synthetic"  # "true" or "false"
FINGERPRINT = "sweeper.dataset_fingerprint"
CODE_VERSION = "sweeper.code_version"
CONFIGURATION = "sweeper.configuration"  # shared by the seeds of one configuration
IDENTITY = "sweeper.identity"  # the identity of the training, as JSON; since revisions
GRIDS = "sweeper.grids"  # grid names, sorted, comma separated
MEASURES = "sweeper.measures"  # measures scored, comma separated
PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"  # the description in the UI, Markdown
RECORDED_MS = "sweeper.recorded_ms"  # creation time of the record that a run was written from
NO_PICTURE = "sweeper.no_picture"  # why the PCC picture could not be drawn; "" once it was
ADVICE = "sweeper.advice"  # the thesis's advice for runs of this kind
SELECTED_BY = "sweeper.selected_by"  # measures by which the run was selected, comma separated

MERGED_FROM = "sweeper.merged_from"  # MLflow id of the run in the store it was first written to
COPYING = "sweeper.copying"  # of a run that `merge` has not written completely; then removed
CONFLICTS_WITH = "sweeper.conflicts_with"  # of a conflict: MLflow id of the run that counts
CONFLICTS = "sweeper.conflicts"  # of a conflict: what differs

# tags of a launch
GRID = "sweeper.grid"
GRID_ID = "sweeper.grid_id"
RESULTS = "sweeper.results"  # digest of what the attached tables and figures were made from
CLAIM_PREFIX = "sweeper.claim."  # and a token: the process that trains its runs, as JSON

# values of STATUS
FINISHED = "finished"
DIVERGED = "diverged"
FAILED = "failed"
STATUSES = (FINISHED, DIVERGED, FAILED)

# parameters that every run has; the others that the program writes belong to the model
TEXT_PARAMS = ("dataset", "source", "model", "network", "reconstruction", "precision", "protocol")
INT_PARAMS = ("batch_size", "iterations", "latent_dim", "seed", "num_points")
FLOAT_PARAMS = ("learning_rate",)
FACTORS = "factors"  # JSON, only where the training images were drawn by `factors:` of the grid
FUSED = "fused"  # "True", only of runs that were trained in a program of several trainings
COMMON_PARAMS = TEXT_PARAMS + INT_PARAMS + FLOAT_PARAMS

# metrics by step
LOSS_RECON = "loss/recon"
LOSS_KL = "loss/kl"
LOSS_TOTAL = "loss/total"
BETA = "beta"  # effective weight of KL against reconstruction
SIGMA_RECON = "sigma/recon"
SIGMA_KL = "sigma/kl"
KL_PREFIX = "kl/z"  # kl/z0, kl/z1, ..
SIGMA_PREFIX = "sigma/z"  # sigma/z0, sigma/z1, ..

# metrics at step == iterations
MEASURE_PREFIX = "measure/"
VALID_PREFIX = "valid/"
VALID_RECON = "valid/recon"
VALID_KL = "valid/kl"
LATENT_PREFIX = "latent/"
LATENT_ACTIVE = "latent/active"  # latents whose posterior mean varies over the data
TEST_PREFIX = "test/"  # test/recon, test/measure/<name>: only where the grid asks for a third split

# artifacts of a run
LATENTS = "latents.h5"  # mu (N, L), logvar (N, L), factors (N, K), indices (N,), names, sizes (K,)
TRAJECTORY = "trajectory.parquet"  # iteration and every trajectory above, every recorded step
METRICS = "metrics.parquet"  # one row: ids, parameters, final metrics
PCC_PICTURE = "pcc.png"
WEIGHTS = "weights"
OWN_CODE = "own_code"  # own_code/DIGEST/: files of a user's own that the training ran

# artifacts of a launch
PLAN = "plan.json"
GRID_TEXT = "grid.yaml"
TABLES = "tables"
FIGURES = "figures"
REPORT = "report.html"


_OWN_MEASURE = re.compile(r"(?P<name>.+)\.c[0-9a-f]{8}")


def measure_key(name: str) -> str:
    """The metric key of a measure, with its revision: 'cbd' -> 'measure/cbd', 'sap' ->
    'measure/sap.r1'."""
    return MEASURE_PREFIX + stored_name(name)


def stored_name(measure: str) -> str:
    """The name of a measure's scores in records, metric keys and the tag of measures scored."""
    return MEASURE_SPECS[measure].stored_name if measure in MEASURE_SPECS else measure


def score_column(key: str) -> str:
    """The column of a stored metric: a measure's current revision has its plain name, an older
    one its revision. 'measure/sap.r1' -> 'measure/sap', 'measure/sap' -> 'measure/sap.r0'.

    A measure of a user's own has the digest of its code in place of a revision; where its code is
    not loaded, the column has the plain name too."""
    prefix, found, stored = key.rpartition(MEASURE_PREFIX)
    if found and (own := _OWN_MEASURE.fullmatch(stored)):
        name = own["name"]
        is_current = name not in MEASURE_SPECS or stored == stored_name(name)
        return f"{prefix}{found}{name}" if is_current else key
    name, _, revision = stored.partition(".r")
    if not found or name not in MEASURE_SPECS:
        return key
    current = stored == stored_name(name)
    return f"{prefix}{found}{name}" if current else f"{prefix}{found}{name}.r{revision or 0}"


def metric_key(name: str) -> str:
    """The key of a metric as grids name it: 'cbd' -> 'measure/cbd'; 'valid/recon' as it is."""
    return name if "/" in name else measure_key(name)


def sigma_key(latent: int) -> str:
    """The metric key of a latent's learned sigma: 3 -> 'sigma/z3'."""
    return f"{SIGMA_PREFIX}{latent}"


def split_list(text: str) -> tuple[str, ...]:
    """The names in a comma separated tag; () for an empty or missing one."""
    return tuple(name for name in text.split(",") if name)


def join_list(names: set[str] | tuple[str, ...]) -> str:
    """A comma separated tag: sorted, each name once."""
    return ",".join(sorted(set(names)))
