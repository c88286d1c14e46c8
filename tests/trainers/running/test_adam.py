"""Adam without its class: the same bits as torch.optim.Adam, and the same state."""

import subprocess
import sys

import pytest
import torch

from trainers.running.adam import Adam

OPTIONS = {"lr": 1e-2, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.1}


def parameters():
    generator = torch.Generator().manual_seed(0)
    return [
        torch.nn.Parameter(torch.randn(shape, generator=generator))
        for shape in ((3, 2), (5,), (4,))
    ]


def take_steps(optimizer, weights, first, last):
    """Gradients that depend on the step alone; the last parameter has one every second step."""
    for t in range(first, last + 1):
        optimizer.zero_grad()
        for place, weight in enumerate(weights):
            if place < 2 or t % 2 == 0:
                generator = torch.Generator().manual_seed(100 * t + place)
                weight.grad = torch.randn(weight.shape, generator=generator)
        optimizer.step()


@pytest.mark.parametrize(
    "options",
    [
        OPTIONS,
        {"lr": 1e-3},
        OPTIONS | {"amsgrad": True},
        OPTIONS | {"maximize": True, "decoupled_weight_decay": True},
    ],
)
def test_its_steps_are_those_of_pytorchs_class(options):
    ours, theirs = parameters(), parameters()
    take_steps(Adam(ours, **options), ours, 1, 5)
    take_steps(torch.optim.Adam(theirs, fused=True, **options), theirs, 1, 5)
    assert all(map(torch.equal, ours, theirs))
    assert not torch.equal(ours[0], parameters()[0])


@pytest.mark.parametrize("amsgrad", [True, False])
@pytest.mark.parametrize("saves_ours", [True, False])
def test_either_class_continues_from_the_state_of_the_other(saves_ours, amsgrad):
    options = OPTIONS | {"amsgrad": amsgrad}
    reference = parameters()
    take_steps(torch.optim.Adam(reference, fused=True, **options), reference, 1, 6)

    weights = parameters()
    makers = [lambda: Adam(weights, **options)]
    makers.append(lambda: torch.optim.Adam(weights, fused=True, **options))
    first, second = makers if saves_ours else makers[::-1]
    saving, loading = first(), second()
    take_steps(saving, weights, 1, 3)
    loading.load_state_dict(saving.state_dict())
    take_steps(loading, weights, 4, 6)
    assert all(map(torch.equal, weights, reference))


def test_no_gradient_leaves_a_parameter_alone():
    weights = parameters()
    before = weights[2].clone()
    take_steps(Adam(weights, **OPTIONS), weights, 1, 1)
    assert torch.equal(weights[2], before)


def test_a_training_does_not_import_pytorchs_compiler():
    program = (
        "import sys, torch\n"
        "from trainers.running.adam import Adam\n"
        "weight = torch.nn.Parameter(torch.ones(2))\n"
        "weight.square().sum().backward()\n"
        "Adam([weight], lr=0.1).step()\n"
        "print('torch._dynamo' in sys.modules, weight.tolist() != [1, 1])\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.stdout.split() == ["False", "True"], found.stderr
