"""Adam by PyTorch's fused kernel, without the class `torch.optim.Adam`.

That class imports PyTorch's compiler, 800 modules that nothing here uses: a second for each process
that trains."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam


class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1): bit for bit the steps of `torch.optim.Adam` with
    fused=True, and the same state_dict.

    parameters: any shapes, all on one device.  capturable: the step count is kept on the device,
    which a CUDA graph needs.  The other options are those of `torch.optim.Adam`."""

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        capturable: bool = False,
    ) -> None:
        self._parameters = list(parameters)
        self.options: dict[str, Any] = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": None,
            "capturable": capturable,
            "differentiable": False,
            "fused": True,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        self._state: dict[int, dict[str, Tensor]] = {}  # by the place of the parameter

    def zero_grad(self) -> None:
        """Removes the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One step for each parameter that has a gradient."""
        used = [place for place, p in enumerate(self._parameters) if p.grad is not None]
        states = [self._state_of(place) for place in used]
        given = {name: value for name, value in self.options.items() if name != "betas"}
        beta1, beta2 = self.options["betas"]
        adam(
            [self._parameters[place] for place in used],
            [gradient for place in used if (gradient := self._parameters[place].grad) is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [state["max_exp_avg_sq"] for state in states if "max_exp_avg_sq" in state],
            [state["step"] for state in states],
            beta1=beta1,
            beta2=beta2,
            **given,
        )

    def _state_of(self, place: int) -> dict[str, Tensor]:
        if place not in self._state:
            parameter = self._parameters[place]
            names = ["exp_avg", "exp_avg_sq", *["max_exp_avg_sq"] * self.options["amsgrad"]]
            self._state[place] = {
                "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
                **{name: torch.zeros_like(parameter) for name in names},
            }
        return self._state[place]

    def state_dict(self) -> dict[str, Any]:
        """The format of `torch.optim.Adam`. The tensors are not copied."""
        group = self.options | {"params": list(range(len(self._parameters)))}
        return {"state": dict(self._state), "param_groups": [group]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores the moments that either class has saved, on any device; the options stay."""
        self._state = {
            int(place): {
                name: tensor.to(self._parameters[int(place)].device)
                for name, tensor in saved.items()
            }
            for place, saved in state["state"].items()
        }
