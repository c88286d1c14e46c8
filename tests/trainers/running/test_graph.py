"""Steps with inputs in device memory, as far as a machine without a GPU can run them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from tests.trainers.test_training import (
    assert_equal_milestones,
    finish,
    milestone,
    open_training,
    tiny_network,  # noqa: F401  (a fixture)
)
from tests.trainers.toy import Toy, toy_config
from trainers.datasets import open_dataset
from trainers.objectives import OBJECTIVES
from trainers.running.graph import GraphRunner
from trainers.running.image_table import BitTable, ByteTable, image_table
from trainers.running.inputs import Chunks, Inputs
from trainers.running.step import TrainStep
from trainers.saving.folders import LocalFolder
from trainers.training import Training

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


class ToyInMemory(Toy):
    """Toy with all its images in memory, so that they can be copied to the device."""

    fingerprint = "toy/in memory"

    def all_images(self):
        return self.images(np.arange(len(self)))


class DrawnToy(Toy):
    def all_images(self):
        return None


def on_device(folder, config, dataset=None):
    return Training(config, LocalFolder(folder), dataset=dataset or DrawnToy(), on_device=True)


def runner(config, dataset):
    stepper = TrainStep(config, dataset.spec.image_CHW, dataset.scale, CPU)
    inputs = Inputs(config, dataset, np.arange(len(dataset)), shuffle=stepper.needs_shuffle)
    images = image_table(dataset, CPU)
    return GraphRunner(stepper, Chunks(inputs, with_images=images is None, steps=4), images)


@pytest.mark.parametrize(
    ("model", "dataset"),
    [
        ("l_vae", ToyInMemory),
        *((model, DrawnToy) for model in ("l_vae", "factor_vae", "dynamic_vae", "annealed_vae")),
    ],
)
def test_steps_on_the_device_are_bitwise_those_of_the_plain_loop(tmp_path, dataset, model):
    config = toy_config(model=model, params={}, milestones=(7, 12))
    finish(open_training(tmp_path / "plain", config))
    training = on_device(tmp_path / "device", config, dataset())
    finish(training)
    for iteration in (7, 12):
        assert_equal_milestones(
            milestone(tmp_path / "plain", iteration), milestone(tmp_path / "device", iteration)
        )


def test_a_training_resumed_inside_a_chunk_is_bitwise_the_same(tmp_path):
    finish(open_training(tmp_path / "plain"))
    first = on_device(tmp_path / "cut", toy_config(milestones=(20,)))
    finish(first)
    second = on_device(tmp_path / "cut", toy_config())
    assert second.iteration == 20
    finish(second)
    assert_equal_milestones(milestone(tmp_path / "plain", 40), milestone(tmp_path / "cut", 40))


def test_each_step_of_a_block_is_recorded_at_its_position():
    config = toy_config()
    whole, cut = runner(config, DrawnToy()), runner(config, DrawnToy())
    rows_ST = np.concatenate([whole.run(1, 4), whole.run(5, 8)])
    pieces = [cut.run(1, 1), cut.run(2, 4), cut.run(5, 6), cut.run(7, 8)]
    assert np.array_equal(np.concatenate(pieces), rows_ST)
    assert len(np.unique(rows_ST[:, 0])) == 8
    assert [cut.max_block_steps(iteration) for iteration in (0, 1, 3, 4, 7)] == [4, 3, 1, 4, 1]
    for one in (whole, cut):
        one.close()


@pytest.mark.parametrize("model", sorted(OBJECTIVES))
def test_no_step_reads_a_tensor_back_to_the_host(model, monkeypatch):
    """Fake tensors hold no values, so reading one or branching on one raises."""
    monkeypatch.setattr(torch.nn.Module, "to", lambda module, *_: module)  # fakes cannot move
    config = toy_config(model=model, params={})
    with FakeTensorMode():
        one = object.__new__(GraphRunner)
        stepper = TrainStep(config, Toy.spec.image_CHW, Toy.scale, CPU)
        one._stepper, one._images = stepper, FakeTable()
        one._position_1 = torch.zeros(1, dtype=torch.int64)
        one._iteration = torch.zeros((), dtype=torch.int64)
        one._ring_ST = torch.zeros((4, len(stepper.names)), dtype=torch.float64)
        shape = (4, config.batch_size, config.latent_dim)
        one._buffers = {
            "indices": torch.zeros(shape[:2], dtype=torch.int64),
            "noise": torch.zeros(shape),
        }
        if stepper.needs_shuffle:
            one._buffers["shuffle"] = torch.zeros(shape, dtype=torch.int64)
        for _ in range(2):
            one.step()
        with pytest.raises(DataDependentOutputException):
            one._ring_ST[0, 0].item()


class FakeTable(ByteTable):
    def __init__(self):
        self._images_NCHW = torch.zeros((48, *Toy.spec.image_CHW), dtype=torch.uint8)


def test_gathered_images_equal_those_of_the_dataset():
    dataset = ToyInMemory()
    indices_B = np.random.default_rng(0).integers(0, len(dataset), 100)
    table = image_table(dataset, CPU)
    assert isinstance(table, ByteTable)
    gathered = table.gather(torch.from_numpy(indices_B)).numpy()
    assert np.array_equal(gathered, dataset.images(indices_B))
    assert image_table(ToyInMemory(), CPU) is table
    assert image_table(DrawnToy(), CPU) is None


class SomeSprites:
    """Every 731st image of dSprites, since all of them take seconds."""

    def __init__(self):
        self._whole = open_dataset("dsprites")
        self.spec, self.scale = self._whole.spec, self._whole.scale
        self.fingerprint = "some/sprites"

    def __len__(self):
        return 1000

    def images(self, indices_B):
        return self._whole.images(731 * np.asarray(indices_B))


def test_binary_images_are_packed_and_gathered_unchanged():
    dataset = SomeSprites()
    table = image_table(dataset, CPU)
    assert isinstance(table, BitTable)
    indices_B = np.random.default_rng(1).integers(0, len(dataset), 200)
    gathered = table.gather(torch.from_numpy(indices_B))
    assert gathered.dtype == torch.uint8
    assert np.array_equal(gathered.numpy(), dataset.images(indices_B))


def test_images_that_are_not_binary_are_not_packed():
    dataset = DrawnToy()
    with pytest.raises(ValueError, match="not binary"):
        BitTable(dataset, CPU)


def test_a_dataset_beyond_the_devices_memory_is_streamed(tmp_path, monkeypatch, caplog):
    """The copy runs out of memory although there was room when it began."""

    def out_of_memory(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    finish(open_training(tmp_path / "plain", toy_config(milestones=(20,))))
    monkeypatch.setattr("trainers.running.image_table.ByteTable", out_of_memory)
    dataset = ToyInMemory()
    dataset.fingerprint = "toy/streamed"
    training = on_device(tmp_path / "device", toy_config(milestones=(20,)), dataset)
    assert training._runner._images is None
    assert "toy/streamed does not fit on cpu; its images are streamed" in caplog.text
    finish(training)
    assert_equal_milestones(milestone(tmp_path / "plain", 20), milestone(tmp_path / "device", 20))


def test_a_dataset_larger_than_the_share_of_free_memory_is_streamed(monkeypatch):
    dataset = ToyInMemory()
    dataset.fingerprint = "toy/large"
    monkeypatch.setattr("trainers.running.image_table._free_bytes", lambda device: 384 * 64 - 1)
    assert image_table(dataset, CPU) is None
    monkeypatch.setattr("trainers.running.image_table._free_bytes", lambda device: 384 * 64)
    assert image_table(dataset, CPU) is not None


@pytest.mark.gpu
def test_a_captured_graph_gives_the_losses_of_the_eager_step(tmp_path):
    config = toy_config(milestones=(300,))
    for folder, graph in (("graph", True), ("eager", False)):
        finish(
            Training(
                config,
                LocalFolder(tmp_path / folder),
                device="cuda",
                dataset=ToyInMemory(),
                on_device=graph,
            )
        )
    graph, eager = milestone(tmp_path / "graph", 300), milestone(tmp_path / "eager", 300)
    assert np.allclose(graph.trajectory_ST, eager.trajectory_ST, rtol=1e-3)


@pytest.mark.gpu
def test_tf32_changes_a_steps_products_and_no_evaluation():
    config = toy_config(network="cnn")
    images_BCHW = torch.randint(0, 256, (16, 1, 64, 64), dtype=torch.uint8, device="cuda")
    noise_BL = torch.randn(16, 3, device="cuda")
    rows, evaluated = {}, {}
    for precision in ("fp32", "tf32", "bf16"):
        stepper = TrainStep(replace(config, precision=precision), (1, 64, 64), 1 / 255, CUDA)
        evaluated[precision] = stepper.evaluate(images_BCHW, noise_BL)[1]
        rows[precision] = stepper.step(images_BCHW, noise_BL, torch.tensor(1, device="cuda"))
    assert torch.equal(evaluated["fp32"], evaluated["tf32"])
    assert torch.equal(evaluated["fp32"], evaluated["bf16"])
    assert not torch.equal(rows["fp32"], rows["tf32"])
    assert torch.allclose(rows["fp32"], rows["tf32"], rtol=1e-2)
