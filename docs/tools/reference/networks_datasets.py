"""The pages of networks and of datasets."""

import inspect

from docs.tools.reference.markdown import escape, prose, table
from trainers.datasets.fetching.places import DOWNLOADS
from trainers.networks import NETWORKS as BUILDERS
from trainers.specs.datasets import DATASETS, DatasetSpec
from trainers.specs.networks import NETWORKS

ABOUT_DATASETS = """\
`sweeper data fetch NAME` downloads the published files, compares their sums and prepares them;
`sweeper data prepare NAME --source FILE` prepares files that are here. The prepared form is
memory-mapped and shared by all processes of a machine. `rendered` images are drawn from the
published geometry and need no file (of 655,360 pixels of 160 published images, 8 differ).
`synthetic` images have the same factors, sizes and resolution as the published ones, but are drawn
here: results from them are marked `synthetic` in MLflow and in every table. Your own file:
[](../howto/own_data.md).

`color_dsprites`, `noisy_dsprites` and `scream_dsprites` are the variants of Locatello et al.
(2019). The study draws the colour, the noise or the crop again each time that it samples an image.
Here they are a function of the image's index: an image is the same at every epoch, in every process
and in every measure, so that a resumed training and a repeated evaluation give the same numbers. A
network could in principle learn the 737,280 backgrounds by heart, which it cannot in the study.
`scream_dsprites` needs a picture of the painting, which is in the public domain: fetch it, or
download it by hand and prepare it."""


def networks_page() -> str:
    sections = [
        "\n\n".join(
            [
                f"## {spec.name}",
                f"Layers (encoder; decoder): {escape(spec.layers)}.",
                f"Images: {', '.join(f'{s} x {s}' for s in spec.sizes) or 'any size'}. "
                f"Source: {escape(spec.source)}.",
                prose(inspect.getdoc(BUILDERS[spec.name])),
            ]
        )
        for spec in NETWORKS.values()
    ]
    about = "L is the number of latents, C H W the image. `network: auto` takes the dataset's."
    return "\n\n".join(["# Networks", about, *sections])


def datasets_page() -> str:
    return "\n\n".join(
        [
            "# Datasets",
            ABOUT_DATASETS,
            *(_dataset(spec) for spec in DATASETS.values()),
        ]
    )


def _published(spec: DatasetSpec) -> list[tuple[str, str]]:
    """Files and licence; nothing for a dataset that is drawn only."""
    if spec.name not in DOWNLOADS:
        return []
    download = DOWNLOADS[spec.name]
    return [
        ("published files", ", ".join(f"`{file}`" for file in spec.files)),
        ("licence", f"{download.licence} ({download.page})"),
    ]


def _dataset(spec: DatasetSpec) -> str:
    channels, height, width = spec.image_CHW
    sizes = zip(spec.factor_names, spec.factor_sizes, strict=True)
    few = len(spec.factor_names) < 10
    factors = ", ".join(f"{name} {size}" for name, size in sizes)
    grid = "yes" if spec.factor_grid else "no: measures that need a factor grid are refused"
    rows = [
        ("images", f"{spec.num_images:,} of {height} x {width} x {channels}"),
        ("factors", escape(factors) if few else f"{len(spec.factor_names)} attributes of 2 values"),
        ("factor grid", grid),
        ("sources", ", ".join(spec.sources)),
        *_published(spec),
        ("default network", f"`{spec.network}`"),
        ("citation", escape(spec.citation)),
    ]
    return f"## {spec.name}: {spec.title}\n\n" + table(("", ""), rows)
