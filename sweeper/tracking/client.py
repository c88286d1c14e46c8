"""MLflow's client, with which no value of a run is cut: see `long_values`."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlflow.entities import Param, RunTag
from mlflow.tracking import MlflowClient

from sweeper.tracking.long_values import NAME_LIMIT, artifact_of, is_long, shortened


class WholeValuesClient(MlflowClient):
    """Every parameter and tag of a run passes through here, whoever writes it."""

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: Mapping[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Any:
        given = {key: str(value) for key, value in (tags or {}).items()}
        short = {key: value for key, value in given.items() if not is_long("tags", value)}
        name = run_name and run_name[:NAME_LIMIT]
        run = super().create_run(experiment_id, start_time, short, name)
        for key in given.keys() - short.keys():
            self.set_tag(run.info.run_id, key, given[key])
        return run

    def set_tag(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        return super().set_tag(run_id, key, self._fit(run_id, "tags", key, str(value)), synchronous)

    def log_param(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        fitting = self._fit(run_id, "params", key, str(value))
        return super().log_param(run_id, key, fitting, synchronous)

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Any] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
        synchronous: bool | None = None,
    ) -> Any:
        params = [Param(p.key, self._fit(run_id, "params", p.key, p.value)) for p in params]
        tags = [RunTag(t.key, self._fit(run_id, "tags", t.key, t.value)) for t in tags]
        return super().log_batch(run_id, metrics, params, tags, synchronous)

    def _fit(self, run_id: str, kind: str, key: str, value: str) -> str:
        """The value to store. The artifact comes first: a kill in between leaves the old value."""
        if not is_long(kind, value):
            return value
        self.log_text(run_id, value, artifact_of(kind, key))
        return shortened(kind, key, value)
