"""One step of several trainings as one program: their weights stacked, their losses vectorised.

A small network leaves a GPU idle between its kernels. K networks of the same shape as one program
need as many kernels as one network does: a linear layer becomes a batched matrix product, a
convolution a grouped one.

Shapes: K trainings, B batch, C H W image, L latent, T recorded values."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from trainers.errors import ConfigError
from trainers.objectives.base import Objective, Terms
from trainers.running.process import tf32
from trainers.running.step import TrainStep
from trainers.words import first_line

_OWN = frozenset(vars(nn.Module()))  # attributes that every module has
_TERMS = tuple(item.name for item in fields(Terms) if item.name not in ("iteration", "shuffle_BL"))


class StackedStep:
    """The steps of K trainings that differ in seed, learning rate and numbers of their objective.

    Each stepper keeps its own weights, state and Adam; the weights and buffers become parts of the
    stack's tensors. So a stepper is evaluated, saved and loaded as before, but it is loaded only
    before it is stacked. What a training computes does not depend on the others, except that
    kernels of another shape may round differently.

    Raises ConfigError if the trainings differ in anything else."""

    def __init__(self, steppers: Sequence[TrainStep]) -> None:
        self._steppers = tuple(steppers)
        first = steppers[0]
        self.device, self.names, self.needs_shuffle = first.device, first.names, first.needs_shuffle
        self.values_shape = (len(steppers), len(first.names))
        self._numbers = _differing_numbers([stepper.objective for stepper in steppers], self.device)
        self._program = _Program(first)
        modules = [_Program(stepper) for stepper in steppers]
        self._weights = {
            name: _stacked([module.get_parameter(name) for module in modules]).requires_grad_()
            for name, _ in self._program.named_parameters()
        }
        self._buffers = {
            name: _stacked([module.get_buffer(name) for module in modules])
            for name, _ in self._program.named_buffers()
        }
        self._parts = {
            name: [module.get_parameter(name) for module in modules] for name in self._weights
        }

    def step(
        self,
        images_KBCHW: Tensor,
        noise_KBL: Tensor,
        iteration: Tensor,
        shuffle_KBL: Tensor | None = None,
    ) -> Tensor:
        """One step of each training. Returns the values of `names`, (K, T) float64, detached."""
        inputs = {"images": images_KBCHW, "noise": noise_KBL}
        if shuffle_KBL is not None:
            inputs["shuffle"] = shuffle_KBL
        with tf32(self.device, self._steppers[0].precision == "tf32"):
            total_K, values_KT, terms = self._run("loss", inputs, iteration)
            self._backward(total_K)
            for stepper in self._steppers:
                stepper.optimizer.step()
            if self._steppers[0].adversary_optimizer is not None:
                inputs = {name: term.detach() for name, term in terms.items()} | inputs
                self._backward(self._run("adversary", inputs, iteration))
                for stepper in self._steppers:
                    assert stepper.adversary_optimizer is not None
                    stepper.adversary_optimizer.step()
        return values_KT

    def _run(self, part: str, inputs: Mapping[str, Tensor], iteration: Tensor) -> Any:
        """What `_Program.forward` returns, with a first axis K."""

        def one(tensors: Any, numbers: Any, given: Any) -> Any:
            return functional_call(self._program, tensors, (part, numbers, given, iteration))

        try:
            return vmap(one)(self._weights | self._buffers, self._numbers, dict(inputs))
        except RuntimeError as error:
            if "vmap" not in str(error):
                raise
            raise ConfigError(
                f"model {self._steppers[0].model} cannot be trained fused: {first_line(error)}. "
                "Leave `fused` out of the grid"
            ) from error

    def _backward(self, total_K: Tensor) -> None:
        """Gradients of each training's own loss, given to its parameters."""
        for weight in self._weights.values():
            weight.grad = None
        torch.autograd.backward(total_K.sum())
        for name, parameters in self._parts.items():
            gradient = self._weights[name].grad
            for k, parameter in enumerate(parameters):
                parameter.grad = None if gradient is None else gradient[k]


class _Program(nn.Module):
    """What one stepper computes, as a module: `functional_call` replaces its tensors."""

    def __init__(self, stepper: TrainStep) -> None:
        super().__init__()
        self.network, self.objective = stepper.network, stepper.objective
        self._stepper = stepper

    def forward(
        self,
        part: str,
        numbers: Mapping[str, Tensor],
        inputs: Mapping[str, Tensor],
        iteration: Tensor,
    ) -> Any:
        """'loss': (loss, recorded values, terms by name).  'adversary': its loss.
        numbers: see `_differing_numbers`."""
        shuffle_BL = inputs.get("shuffle")
        with _replaced(self.objective, numbers):
            if part == "adversary":
                terms = Terms(
                    **{name: inputs[name] for name in _TERMS},
                    iteration=iteration,
                    shuffle_BL=shuffle_BL,
                )
                return self.objective.adversary_loss(terms)
            terms = self._stepper.terms(inputs["images"], inputs["noise"], iteration, shuffle_BL)
            total = self.objective.loss(terms)
            values_T = self._stepper.values(terms, total)
            return total, values_T, {name: getattr(terms, name) for name in _TERMS}


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    """(K, ..). Each of the tensors becomes a part of it."""
    whole = torch.stack([tensor.detach() for tensor in tensors])
    for k, tensor in enumerate(tensors):
        tensor.data = whole[k]
    return whole


def _differing_numbers(objectives: Sequence[Objective], device: torch.device) -> dict[str, Tensor]:
    """{where: the values, (K,) float64} of the numbers that are not the same in all objectives.
    where: 'module/attribute', or 'module/attribute/field' of an attribute that is a dataclass.

    Raises ConfigError if anything else differs: the program would take that of the first."""
    found: dict[str, Tensor] = {}
    for path, module in objectives[0].named_modules():
        others = [vars(objective.get_submodule(path)) for objective in objectives]
        for name in vars(module).keys() - _OWN:
            for field_name, values in _differing([other[name] for other in others]):
                where = f"{path}/{name}{field_name and '/'}{field_name}"
                if not all(isinstance(value, float) for value in values):
                    raise ConfigError(
                        f"{where.strip('/').replace('/', '.')}: trainings that differ in it cannot "
                        "be fused; only numbers may differ"
                    )
                found[where] = torch.tensor(values, dtype=torch.float64, device=device)
    return found


def _differing(values: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """('', the values) where they are not the same; of dataclasses (field, its values)."""
    if all(_equal(value, values[0]) for value in values):
        return
    if not all(is_dataclass(value) and type(value) is type(values[0]) for value in values):
        yield "", list(values)
        return
    for item in fields(values[0]):
        for _, found in _differing([getattr(value, item.name) for value in values]):
            yield item.name, found


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.equal(a, b)
    return bool(type(a) is type(b) and a == b)


@contextlib.contextmanager
def _replaced(objective: Objective, numbers: Mapping[str, Tensor]) -> Iterator[None]:
    """The attributes of the objective with other values inside the block. numbers: by 'where'."""
    before = []
    for where, number in numbers.items():
        path, name, *of_dataclass = where.split("/")
        attributes = vars(objective.get_submodule(path))
        value = attributes[name]
        before.append((attributes, name, value))
        attributes[name] = replace(value, **{of_dataclass[0]: number}) if of_dataclass else number
    try:
        yield
    finally:
        for attributes, name, value in reversed(before):
            attributes[name] = value
