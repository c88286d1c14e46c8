"""Chunks contain the inputs that are drawn one by one."""

import numpy as np
import pytest

from tests.trainers.toy import Toy, toy_config
from trainers.running.inputs import Chunks, Inputs


def make_inputs(**changes):
    return Inputs(toy_config(**changes), Toy(), np.arange(48), shuffle=True)


@pytest.mark.parametrize("with_images", [False, True])
def test_a_chunk_holds_the_inputs_of_its_steps(with_images):
    inputs = make_inputs()
    chunks = Chunks(inputs, with_images=with_images, steps=5)
    for number in (0, 1, 7, 1):  # in order and out of order
        chunk = chunks.get(number)
        assert chunk.first == 5 * number + 1
        for place in range(5):
            t = chunk.first + place
            assert np.array_equal(chunk.indices_SB[place], inputs.indices(t))
            assert np.array_equal(chunk.noise_SBL[place], inputs.noise(t))
            assert np.array_equal(chunk.shuffle_SBL[place], inputs.shuffle(t))
            if with_images:
                images_BCHW = inputs.dataset.images(inputs.indices(t))
                assert np.array_equal(chunk.images_SBCHW[place], images_BCHW)
        assert ("images" in chunk.arrays()) == with_images
    chunks.close()


def test_chunks_with_large_images_are_short():
    class Large(Toy):
        def images(self, indices_B):
            return np.zeros((len(indices_B), 3, 512, 512), np.uint8)

    inputs = Inputs(toy_config(), Large(), np.arange(48), shuffle=False)
    chunks = Chunks(inputs, with_images=True)
    assert chunks.steps == (64 << 20) // (16 * 3 * 512 * 512) == 5
    assert chunks.get(0).images_SBCHW.shape == (5, 16, 3, 512, 512)
    chunks.close()


def test_errors_of_drawing_are_raised_by_get():
    class Broken(Toy):
        def images(self, indices_B):
            if indices_B[0] == make_inputs().indices(3)[0]:
                raise OSError("gone")
            return super().images(indices_B)

    chunks = Chunks(
        Inputs(toy_config(), Broken(), np.arange(48), shuffle=False), with_images=True, steps=2
    )
    chunks.get(0)
    with pytest.raises(OSError, match="gone"):
        chunks.get(1)
    chunks.close()
