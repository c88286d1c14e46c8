"""The block `resources: slurm`: what a launch asks of Slurm."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from sweeper.grid.syntax import scalars
from sweeper.grid.syntax.fields import Block, Integer, OneOrMany, Text

_TIME = re.compile(r"\d+|\d+:\d\d|\d+:\d\d:\d\d|\d+-\d+|\d+-\d+:\d\d|\d+-\d+:\d\d:\d\d")
# Options that the script sets itself.
_OWN = ("array", "chdir", "job-name", "nodes", "ntasks", "open-mode", "output", "requeue", "signal")


def _time(value: Any) -> str:
    text = str(value) if isinstance(value, int) else scalars.text(value)
    if _TIME.fullmatch(text) is None:
        raise ValueError('must be a time limit of Slurm, as "12:00:00" or "2-00:00:00".')
    return text


def _option(text: str) -> str:
    name = re.match(r"--([a-z][\w-]*)", text)
    if name is None:
        raise ValueError("must be an option of sbatch, as --qos=high.")
    if name[1] in _OWN:
        raise ValueError(f"is set by the launch itself, as are --{', --'.join(_OWN)}.")
    return text


Option = Annotated[Text, AfterValidator(_option)]
Time = Annotated[str, BeforeValidator(_time)]


class Slurm(Block):
    """A batch job. nodes: how many.  cpus_per_node, gpus_per_node: of each; without CPUs, as many
    as the trainings on its GPUs take.  time: the limit, in Slurm's spelling.  partition, account:
    by default Slurm's.  max_requeues: how often the job resumes by itself.  warn_s: seconds before
    the time limit at which trainings are saved.  options: further ones of sbatch.
    setup: lines of shell before the launch, as `module load cuda`."""

    nodes: Annotated[Integer, Field(ge=1)] = 1
    cpus_per_node: Annotated[Integer, Field(ge=1)] | None = None
    gpus_per_node: Annotated[Integer, Field(ge=0)] | None = None
    time: Time | None = None
    partition: Text | None = None
    account: Text | None = None
    max_requeues: Annotated[Integer, Field(ge=0)] = 10
    warn_s: Annotated[Integer, Field(ge=10, le=65535)] = 120
    options: Annotated[tuple[Option, ...], OneOrMany()] = ()
    setup: Annotated[tuple[Text, ...], OneOrMany(drop_duplicates=False)] = ()
