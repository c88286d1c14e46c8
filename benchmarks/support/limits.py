"""What the machine can do at best, measured: products a second, and bytes to and from memory."""

import time
from collections.abc import Callable

import torch
from torch import nn

Clock = Callable[[], float]

SIDE = 1200  # of the square matrices; the MLP's own width
FLOATS = 25_000_000  # 100 MB a vector: more than any cache
ADAM_BYTES = 28  # a parameter: weight, both averages read and written, gradient read
GRADIENT_BYTES = 12  # a parameter: read forward and backward, its gradient written
ACTIVATION_BYTES = 12  # a value of a layer: written once, read forward and backward


def matmul_flops(clock: Clock, repeats: int = 3) -> float:
    """Floating point operations a second of a square float32 matrix product."""
    a, b, out = (torch.randn(SIDE, SIDE) for _ in range(3))
    torch.mm(a, b, out=out)
    return (
        2 * SIDE**3 / min(_seconds(lambda: torch.mm(a, b, out=out), clock) for _ in range(repeats))
    )


def memory_bytes(clock: Clock, repeats: int = 3) -> float:
    """Bytes a second of x += y on vectors beyond the caches: two reads and a write."""
    x, y = torch.ones(FLOATS), torch.zeros(FLOATS)
    return 12 * FLOATS / min(_seconds(lambda: x.add_(y), clock) for _ in range(repeats))


def step_flops(network_name: str, batch_size: int) -> int:
    """Operations of the products and convolutions of one step, forward and backward, counted."""
    from torch.utils.flop_counter import FlopCounterMode

    from benchmarks.contenders.plain_loop import plain_model, plain_step

    step = plain_step(*plain_model(network_name, 1e-4, fused=False))
    with FlopCounterMode(display=False) as counter:
        step(torch.zeros(batch_size, 1, 64, 64, dtype=torch.uint8))
    return int(counter.get_total_flops())


def layers_s(network_name: str, batch_size: int, clock: Clock) -> Callable[[], float]:
    """Seconds of a network's linear and convolutional layers, forward and backward, one by one on
    inputs of their own shapes: what PyTorch's kernels take for them here, and nothing between."""
    from trainers.networks import build_network

    network = build_network(network_name, (1, 64, 64), 5, 0)
    calls: list[tuple[nn.Module, torch.Tensor, torch.Tensor]] = []

    def note(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        x = torch.rand_like(inputs[0]).requires_grad_(bool(calls))  # images need no gradient
        calls.append((layer, x, torch.rand_like(output)))

    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    layers = [layer for layer in network.modules() if isinstance(layer, kinds)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    with torch.no_grad():
        network.decode(network.encode(torch.zeros(batch_size, 1, 64, 64))[0])
    for hook in hooks:
        hook.remove()

    def once() -> None:
        for layer, x, gradient in calls:
            layer(x).backward(gradient)
            network.zero_grad(set_to_none=True)
            x.grad = None

    once()
    return lambda: _seconds(once, clock)


def step_bytes(network_name: str, batch_size: int) -> int:
    """Bytes that a step in float32 must move: weights, Adam, and the outputs of the layers."""
    from trainers.networks import build_network

    network = build_network(network_name, (1, 64, 64), 5, 0)
    outputs: list[int] = []

    def note(_: nn.Module, __: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        outputs.append(output.numel())

    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    hooks = [m.register_forward_hook(note) for m in network.modules() if isinstance(m, kinds)]
    with torch.no_grad():
        network.decode(network.encode(torch.zeros(1, 1, 64, 64))[0])
    for hook in hooks:
        hook.remove()
    parameters = sum(weight.numel() for weight in network.parameters())
    per_parameter = ADAM_BYTES + GRADIENT_BYTES
    return per_parameter * parameters + ACTIVATION_BYTES * batch_size * sum(outputs)


def gpu_copy_bytes_s(device: str, repeats: int = 10) -> float:
    """Bytes per second of a copy within the memory of a device, read and written."""
    source = torch.ones(FLOATS, device=device)
    target = torch.empty_like(source)
    best = 0.0
    for _ in range(repeats):
        _synchronise(device)
        start = time.perf_counter()
        target.copy_(source)
        _synchronise(device)
        best = max(best, 8 * FLOATS / (time.perf_counter() - start))
    return best


def _synchronise(device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize(device)


def products_s(flops: int, clock: Clock) -> float:
    """Seconds of so many operations at the rate of a square matrix product."""
    return flops / matmul_flops(clock)


def adam_s(parameters: int, clock: Clock) -> float:
    """Seconds of Adam's traffic to and from memory."""
    return ADAM_BYTES * parameters / memory_bytes(clock)


def _seconds(action: Callable[[], object], clock: Clock) -> float:
    start = clock()
    action()
    return clock() - start
