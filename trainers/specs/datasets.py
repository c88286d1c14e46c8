"""The datasets a grid may name: factors, their sizes, image shape, default network."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["rendered", "published", "synthetic"]


@dataclass(frozen=True)
class DatasetSpec:
    """What is known of a dataset without its file.

    image_CHW: channels, height, width.  factor_grid: whether every combination of factor values
    is an image, so that measures may intervene on factors.  sources: where images may come from,
    the default first; 'synthetic' is a stand-in that is marked as such everywhere."""

    name: str
    title: str
    factor_names: tuple[str, ...]
    factor_sizes: tuple[int, ...]
    image_CHW: tuple[int, int, int]
    network: str
    citation: str
    sources: tuple[Source, ...]
    num_images: int
    factor_grid: bool = True

    @property
    def latent_dim(self) -> int:
        """The number of labelled factors: the thesis's latent size (section 3.2.2)."""
        return len(self.factor_names)


DATASETS: dict[str, DatasetSpec] = {
    spec.name: spec
    for spec in (
        DatasetSpec(
            name="dsprites",
            title="dSprites",
            factor_names=("shape", "scale", "orientation", "posX", "posY"),
            factor_sizes=(3, 6, 40, 32, 32),
            image_CHW=(1, 64, 64),
            network="mlp",
            citation="Matthey et al. 2017",
            sources=("rendered", "published"),
            num_images=737_280,
        ),
        DatasetSpec(
            name="mpi3d",
            title="MPI3D-complex",
            factor_names=(
                "object_color",
                "object_shape",
                "object_size",
                "camera_height",
                "background_color",
                "horizontal_axis",
                "vertical_axis",
            ),
            factor_sizes=(4, 4, 2, 3, 3, 40, 40),
            image_CHW=(3, 64, 64),
            network="cnn",
            citation="Gondal et al. 2019",
            sources=("published", "synthetic"),
            num_images=460_800,
        ),
        DatasetSpec(
            name="falcor3d",
            title="Falcor3D",
            factor_names=(
                "lighting_intensity",
                "lighting_x-dir",
                "lighting_y-dir",
                "lighting_z-dir",
                "camera_x",
                "camera_y",
                "camera_z",
            ),
            factor_sizes=(5, 6, 6, 6, 6, 6, 6),
            image_CHW=(3, 128, 128),
            network="cnn",
            citation="Nie et al. 2020",
            sources=("published", "synthetic"),
            num_images=233_280,
        ),
        DatasetSpec(
            name="isaac3d",
            title="Isaac3D",
            factor_names=(
                "object_shape",
                "robot_x-move",
                "robot_y-move",
                "camera_height",
                "object_scale",
                "lighting_intensity",
                "lighting_y-dir",
                "object_color",
                "wall_color",
            ),
            factor_sizes=(3, 8, 5, 4, 4, 4, 6, 4, 4),
            image_CHW=(3, 128, 128),
            network="cnn",
            citation="Nie et al. 2020",
            sources=("published", "synthetic"),
            num_images=737_280,
        ),
    )
}
