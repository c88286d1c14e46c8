"""The datasets that a grid may name: factors, their sizes, image shape, default network."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["rendered", "published", "synthetic", "custom", "own"]
Values = Literal["unit", "real"]


@dataclass(frozen=True)
class DatasetSpec:
    """A description of a dataset that does not need its file.

    image_CHW: channels, height, width.  factor_grid: whether there is an image for every
    combination of factor values, so that measures may intervene on factors.  sources: where images
    may come from, the default first; 'synthetic' is a stand-in and is marked as such in every
    result.  files: the published files that `sweeper data prepare` reads.  revision: raised when
    drawn images (sources 'rendered' and 'synthetic') change (see `specs.revisions`).
    values: 'unit' for values in [0, 1], 'real' for any, which need reconstruction 'gaussian'."""

    name: str
    title: str
    factor_names: tuple[str, ...]
    factor_sizes: tuple[int, ...]
    image_CHW: tuple[int, int, int]
    network: str
    citation: str = ""
    sources: tuple[Source, ...] = ("own",)
    num_images: int = 0
    factor_grid: bool = True
    files: tuple[str, ...] = ()
    revision: int = 0
    values: Values = "unit"

    @property
    def latent_dim(self) -> int:
        """The number of labelled factors: the thesis's latent size (section 3.2.2)."""
        return len(self.factor_names)


CELEBA_ATTRIBUTES = tuple(
    """5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose
    Black_Hair Blond_Hair Blurry Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee
    Gray_Hair Heavy_Makeup High_Cheekbones Male Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard
    Oval_Face Pale_Skin Pointy_Nose Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair
    Wavy_Hair Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie
    Young""".split()
)

_MPI3D_FACTORS = (
    "object_color",
    "object_shape",
    "object_size",
    "camera_height",
    "background_color",
    "horizontal_axis",
    "vertical_axis",
)


def _mpi3d(variant: str) -> DatasetSpec:
    """MPI3D toy, realistic or real: the same factors, rendered or photographed."""
    return DatasetSpec(
        name=f"mpi3d_{variant}",
        title=f"MPI3D-{variant}",
        factor_names=_MPI3D_FACTORS,
        factor_sizes=(6, 6, 2, 3, 3, 40, 40),
        image_CHW=(3, 64, 64),
        network="cnn",
        citation="Gondal et al. 2019",
        sources=("published",),
        num_images=1_036_800,
        files=(f"mpi3d_{variant}.npz",),
    )


_DSPRITES_FACTORS = ("shape", "scale", "orientation", "posX", "posY")


def _dsprites(variant: str, source: Source, files: tuple[str, ...] = ()) -> DatasetSpec:
    """Colour, noisy or scream dSprites: the shapes of dSprites in colour pictures."""
    return DatasetSpec(
        name=f"{variant}_dsprites",
        title=f"{variant.capitalize()} dSprites",
        factor_names=_DSPRITES_FACTORS,
        factor_sizes=(3, 6, 40, 32, 32),
        image_CHW=(3, 64, 64),
        network="cnn",
        citation="Locatello et al. 2019",
        sources=(source,),
        num_images=737_280,
        files=files,
    )


_SPECS = (
    DatasetSpec(
        name="dsprites",
        title="dSprites",
        factor_names=_DSPRITES_FACTORS,
        factor_sizes=(3, 6, 40, 32, 32),
        image_CHW=(1, 64, 64),
        network="mlp",
        citation="Matthey et al. 2017",
        sources=("rendered", "published"),
        num_images=737_280,
        files=("dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz (or .hdf5)",),
    ),
    DatasetSpec(
        name="mpi3d",
        title="MPI3D-complex",
        factor_names=_MPI3D_FACTORS,
        factor_sizes=(4, 4, 2, 3, 3, 40, 40),
        image_CHW=(3, 64, 64),
        network="cnn",
        citation="Gondal et al. 2019",
        sources=("published", "synthetic"),
        num_images=460_800,
        files=("real3d_complicated_shapes_ordered.npz",),
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
        files=("Falcor3D_down128.zip",),
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
        files=("Isaac3D_down128.zip",),
    ),
    DatasetSpec(
        name="celeba",
        title="CelebA",
        factor_names=CELEBA_ATTRIBUTES,
        factor_sizes=(2,) * 40,
        image_CHW=(3, 128, 128),
        network="cnn",
        citation="Liu et al. 2015",
        sources=("published", "synthetic"),
        num_images=24_312,  # 12% of 202,599, as the thesis
        factor_grid=False,
        files=("img_align_celeba.zip", "list_attr_celeba.txt", "list_eval_partition.txt"),
    ),
    DatasetSpec(
        name="shapes3d",
        title="3DShapes",
        factor_names=("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation"),
        factor_sizes=(10, 10, 10, 8, 4, 15),
        image_CHW=(3, 64, 64),
        network="cnn",
        citation="Burgess and Kim 2018",
        sources=("published",),
        num_images=480_000,
        files=("3dshapes.h5",),
    ),
    DatasetSpec(
        name="cars3d",
        title="Cars3D",
        factor_names=("elevation", "azimuth", "object"),
        factor_sizes=(4, 24, 183),
        image_CHW=(3, 64, 64),
        network="cnn",
        citation="Reed et al. 2015",
        sources=("published",),
        num_images=17_568,
        files=("nips2015-analogy-data.tar.gz",),
    ),
    DatasetSpec(
        name="smallnorb",
        title="SmallNORB",
        factor_names=("category", "instance", "elevation", "azimuth", "lighting"),
        factor_sizes=(5, 10, 9, 18, 6),
        image_CHW=(1, 64, 64),
        network="cnn",
        citation="LeCun et al. 2004",
        sources=("published",),
        num_images=48_600,
        files=tuple(
            f"smallnorb-{part}-{kind}.mat.gz"
            for part in (
                "5x46789x9x18x6x2x96x96-training",
                "5x01235x9x18x6x2x96x96-testing",
            )
            for kind in ("dat", "cat", "info")
        ),
    ),
    _mpi3d("toy"),
    _mpi3d("realistic"),
    _mpi3d("real"),
    _dsprites("color", "rendered"),
    _dsprites("noisy", "rendered"),
    _dsprites("scream", "published", ("The_Scream.jpg",)),
)

DATASETS: dict[str, DatasetSpec] = {spec.name: spec for spec in _SPECS}
