"""Where the published files of each dataset can be downloaded, and under which licence.

Places are tried in order. Checksums are those that the readers compare; the comments name the
source of each address. A file whose sum nobody published is checked by its length and its reader.
"""

from dataclasses import dataclass

from trainers.datasets.published import celeba, dsprites, mpi3d, shapes3d, smallnorb
from trainers.datasets.published.cars3d import MD5 as CARS3D
from trainers.datasets.published.reading import Checksum


@dataclass(frozen=True)
class RemoteFile:
    """A file and its addresses. size_bytes: as published, perhaps rounded; 0 where unknown."""

    name: str
    urls: tuple[str, ...]
    checksum: Checksum | None = None
    size_bytes: int = 0


@dataclass(frozen=True)
class Download:
    """The files of a dataset, its licence, and the page that describes how to get it."""

    files: tuple[RemoteFile, ...]
    licence: str
    page: str

    @property
    def size_bytes(self) -> int:
        """Of the files whose size is known; 0 where none is."""
        return sum(file.size_bytes for file in self.files)


def _drive(file_id: str) -> tuple[str, ...]:
    """Addresses of a file on Google Drive; `confirm` answers its page about large files."""
    return (
        f"https://drive.usercontent.google.com/download?id={file_id}&export=download&confirm=t",
        f"https://drive.google.com/uc?export=download&confirm=t&id={file_id}",
    )


def _mpi3d(variant: str) -> Download:
    """The two addresses that the README of the dataset's repository gave, the newer one first."""
    name = f"mpi3d_{variant}"
    urls = (
        f"https://huggingface.co/datasets/waleedgondal/mpi3d/resolve/main/{name}.npz",
        f"https://storage.googleapis.com/disentanglement_dataset/Final_Dataset/{name}.npz",
    )
    size_bytes = 12_740_198_400  # the images, stored without compression
    file = RemoteFile(f"{name}.npz", urls, mpi3d.SUMS.get(name), size_bytes)
    return Download((file,), CC_BY, "https://github.com/rr-learning/disentanglement_dataset")


CC_BY = "CC BY 4.0"
_DSPRITES = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
_NORB = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/"
# The remaining sums of SmallNORB: github.com/nmichlo/disent (`_groundtruth__norb.py`).
_NORB_FILES = (
    ("5x46789x9x18x6x2x96x96-training-dat", smallnorb.MD5["training"].digest, 131_896_188),
    ("5x46789x9x18x6x2x96x96-training-cat", "23c8b86101fbf0904a000b43d3ed2fd9", 0),
    ("5x46789x9x18x6x2x96x96-training-info", "51dee1210a742582ff607dfd94e332e3", 0),
    ("5x01235x9x18x6x2x96x96-testing-dat", smallnorb.MD5["testing"].digest, 130_799_817),
    ("5x01235x9x18x6x2x96x96-testing-cat", "5aa791cd7e6016cf957ce9bdb93b8603", 0),
    ("5x01235x9x18x6x2x96x96-testing-info", "a9454f3864d7fd4bb3ea7fc3eb84924e", 0),
)

DOWNLOADS: dict[str, Download] = {
    # The repository of the authors, under its new and its old name.
    "dsprites": Download(
        (
            RemoteFile(
                _DSPRITES,
                (
                    f"https://github.com/google-deepmind/dsprites-dataset/raw/master/{_DSPRITES}",
                    f"https://raw.githubusercontent.com/deepmind/dsprites-dataset/master/{_DSPRITES}",
                ),
                dsprites.NPZ,
            ),
        ),
        "Apache-2.0",
        "https://github.com/google-deepmind/dsprites-dataset",
    ),
    # The README of github.com/rr-learning/disentanglement_dataset names Google Drive only.
    "mpi3d": Download(
        (
            RemoteFile(
                "real3d_complicated_shapes_ordered.npz",
                _drive("1Tp8eTdHxgUMtsZv5uAoYAbJR1BOa_OQm"),
                None,
                5_662_310_400,  # the images, stored without compression
            ),
        ),
        CC_BY,
        "https://github.com/rr-learning/disentanglement_dataset",
    ),
    # The README of github.com/NVlabs/High-res-disentanglement-datasets.
    "falcor3d": Download(
        (
            RemoteFile(
                "Falcor3D_down128.zip",
                _drive("1XAQfFK1x6cpN1eiovbP0hVfLTm5SsSoJ"),
                None,
                3_700_000_000,
            ),
        ),
        CC_BY,
        "https://github.com/NVlabs/High-res-disentanglement-datasets",
    ),
    "isaac3d": Download(
        (
            RemoteFile(
                "Isaac3D_down128.zip",
                _drive("1OmQ1G2wnm6eTsSFGTKFZZAh5D3nQTW1B"),
                None,
                13_000_000_000,
            ),
        ),
        CC_BY,
        "https://github.com/NVlabs/High-res-disentanglement-datasets",
    ),
    # The ids of torchvision (`datasets/celeba.py`).
    "celeba": Download(
        (
            RemoteFile(
                "img_align_celeba.zip",
                _drive("0B7EVK8r0v71pZjFTYXZWM3FlRnM"),
                celeba.ZIP,
                1_443_490_838,
            ),
            RemoteFile(
                "list_attr_celeba.txt",
                _drive("0B7EVK8r0v71pblRyaVFSWGxPY0U"),
                celeba.ATTRIBUTES,
                26_721_026,
            ),
            RemoteFile(
                "list_eval_partition.txt",
                _drive("0B7EVK8r0v71pY0NSMzRuSXJEVkk"),
                celeba.PARTITION,
                2_836_386,
            ),
        ),
        "research only",
        "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    ),
    # github.com/google-deepmind/3d-shapes; both addresses: disent (`_groundtruth__shapes3d.py`).
    "shapes3d": Download(
        (
            RemoteFile(
                "3dshapes.h5",
                (
                    "https://storage.googleapis.com/3d-shapes/3dshapes.h5",
                    "https://storage.cloud.google.com/3d-shapes/3dshapes.h5",
                ),
                shapes3d.SHA256,
                267_573_662,
            ),
        ),
        "Apache-2.0",
        "https://github.com/google-deepmind/3d-shapes",
    ),
    # disentanglement_lib (`dlib_download_data.sh`), visual-analogy-tensorflow (`download.sh`).
    "cars3d": Download(
        (
            RemoteFile(
                "nips2015-analogy-data.tar.gz",
                (
                    "http://www.scottreed.info/files/nips2015-analogy-data.tar.gz",
                    "http://www-personal.umich.edu/~reedscot/files/nips2015-analogy-data.tar.gz",
                ),
                CARS3D,
            ),
        ),
        "not stated",
        "http://www.scottreed.info",
    ),
    # disentanglement_lib (`dlib_download_data.sh`); without https as in torchmeta and others.
    "smallnorb": Download(
        tuple(
            RemoteFile(
                f"smallnorb-{name}.mat.gz",
                (
                    f"{_NORB}smallnorb-{name}.mat.gz",
                    f"{_NORB.replace('https://', 'http://www.')}smallnorb-{name}.mat.gz",
                ),
                Checksum("md5", digest),
                size,
            )
            for name, digest, size in _NORB_FILES
        ),
        "research only",
        _NORB,
    ),
    "mpi3d_toy": _mpi3d("toy"),
    "mpi3d_realistic": _mpi3d("realistic"),
    "mpi3d_real": _mpi3d("real"),
    # disentanglement_lib (`dlib_download_data`); the second address forwards to the first.
    "scream_dsprites": Download(
        (
            RemoteFile(
                "The_Scream.jpg",
                (
                    "https://upload.wikimedia.org/wikipedia/commons/f/f4/The_Scream.jpg",
                    "https://commons.wikimedia.org/wiki/Special:FilePath/The_Scream.jpg",
                ),
            ),
        ),
        "public domain",
        "https://commons.wikimedia.org/wiki/File:The_Scream.jpg",
    ),
}
