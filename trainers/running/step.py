"""One optimisation step of a training: network, objective, Adam.

Shapes: B batch, C H W image, L latent. `step` reads no tensor back to the host."""

from typing import Any

import torch
from torch import Tensor

from trainers.config import TrainingConfig
from trainers.networks import AutoEncoder, build_network
from trainers.objectives import build_objective
from trainers.objectives.base import Terms, kl_per_latent
from trainers.objectives.parts.reconstruction import reconstruction_error
from trainers.running.adam import Adam
from trainers.running.process import tf32

_BETAS = (0.9, 0.999)
_EPS = 1e-8


class TrainStep:
    """Holds what a step changes: weights, learned sigmas, controller state, optimisers.

    Adam(0.9, 0.999, 1e-8) as in the thesis, section 3.2.2, also for learned sigmas. Steps run in
    the configuration's precision, evaluation always in float32 without TF32.

    network: used in place of the configuration's."""

    def __init__(
        self,
        config: TrainingConfig,
        image_CHW: tuple[int, int, int],
        scale: float,
        device: torch.device,
        network: AutoEncoder | None = None,
    ) -> None:
        channels, height, width = image_CHW
        self.device = device
        if network is None:
            network = build_network(config.network, image_CHW, config.latent_dim, config.seed)
        self.network = network.to(device)
        self.objective = build_objective(
            config.model,
            config.params,
            config.latent_dim,
            channels * height * width,
            config.seed,
        ).to(device)
        capturable = device.type == "cuda"
        self.optimizer = Adam(
            [*self.network.parameters(), *self.objective.learned_weights()],
            lr=config.learning_rate,
            betas=_BETAS,
            eps=_EPS,
            capturable=capturable,
        )
        self.adversary_optimizer: Adam | None = None
        adversary = self.objective.adversary()
        if adversary is not None:
            self.adversary_optimizer = Adam(
                adversary.parameters(),
                **self.objective.adversary_optimizer(),
                capturable=capturable,
            )
        self._scale = scale
        self._reconstruction = config.reconstruction
        self.precision = config.precision
        self.model = config.model
        self.names = (
            "loss/recon",
            "loss/kl",
            "loss/total",
            *(f"kl/z{i}" for i in range(config.latent_dim)),
            *self.objective.logged_names(),
        )
        self.values_shape: tuple[int, ...] = (len(self.names),)

    @property
    def needs_shuffle(self) -> bool:
        """Whether `step` needs a permutation of the batch for each latent."""
        return self.objective.needs_shuffle

    def step(
        self,
        images_BCHW: Tensor,
        noise_BL: Tensor,
        iteration: Tensor,
        shuffle_BL: Tensor | None = None,
    ) -> Tensor:
        """One step on a minibatch of uint8 images.

        Returns the values of `names` at this step, a detached float64 vector."""
        with tf32(self.device, self.precision == "tf32"):
            terms = self.terms(images_BCHW, noise_BL, iteration, shuffle_BL)
            total = self.objective.loss(terms)
            values = self.values(terms, total)
            self.optimizer.zero_grad()
            torch.autograd.backward(total)
            self.optimizer.step()
            if self.adversary_optimizer is not None:
                self._adversary_step(terms)
            return values

    @torch.no_grad()
    def values(self, terms: Terms, total: Tensor) -> Tensor:
        """The values of `names`, in few tensors, since each costs a step 20 us. Copied before the
        optimiser changes the weights among them."""
        first_3 = torch.stack((terms.recon, terms.kl, total))
        logged = [value.double() for value in self.objective.logged_values()]
        parts = [torch.cat((first_3, terms.kl_L)).double()]
        return torch.cat([*parts, torch.stack(logged)]) if logged else parts[0]

    def terms(
        self,
        images_BCHW: Tensor,
        noise_BL: Tensor,
        iteration: Tensor,
        shuffle_BL: Tensor | None,
        precision: str | None = None,
    ) -> Terms:
        """The terms of a minibatch. precision: None for the training's own."""
        precision = precision or self.precision
        x_BCHW = images_BCHW.to(torch.float32) * self._scale
        with torch.autocast(self.device.type, torch.bfloat16, enabled=precision == "bf16"):
            mu_BL, logvar_BL = self.network.encode(x_BCHW)
            mu_BL, logvar_BL = mu_BL.float(), logvar_BL.float()
            z_BL = mu_BL + (0.5 * logvar_BL).exp() * noise_BL
            logits_BCHW = self.network.decode(z_BL)
        return Terms(
            recon=reconstruction_error(logits_BCHW.float(), x_BCHW, self._reconstruction),
            kl_L=kl_per_latent(mu_BL, logvar_BL),
            mu_BL=mu_BL,
            logvar_BL=logvar_BL,
            z_BL=z_BL,
            iteration=iteration,
            shuffle_BL=shuffle_BL,
        )

    def _adversary_step(self, terms: Terms) -> None:
        assert self.adversary_optimizer is not None
        self.adversary_optimizer.zero_grad()
        torch.autograd.backward(self.objective.adversary_loss(terms))
        self.adversary_optimizer.step()

    @torch.no_grad()
    def evaluate(self, images_BCHW: Tensor, noise_BL: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(recon (), mu_BL, logvar_BL) of a batch, in float32 whatever the training's precision."""
        self.network.eval()
        with tf32(self.device, False):
            iteration = torch.zeros((), dtype=torch.int64)
            terms = self.terms(images_BCHW, noise_BL, iteration, None, "fp32")
        self.network.train()
        return terms.recon, terms.mu_BL, terms.logvar_BL

    def state(self) -> dict[str, Any]:
        """A copy, on the host, of everything that a step changes."""
        return {
            "network": _on_host(self.network.state_dict()),
            "objective": _on_host(self.objective.state_dict()),
            "optimizer": _on_host(self.optimizer.state_dict()),
            "adversary_optimizer": _on_host(
                self.adversary_optimizer.state_dict() if self.adversary_optimizer else {}
            ),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restores what `state` returned."""
        self.network.load_state_dict(state["network"])
        self.objective.load_state_dict(state["objective"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.adversary_optimizer is not None:
            self.adversary_optimizer.load_state_dict(state["adversary_optimizer"])


def _on_host(value: Any) -> Any:
    """A deep copy of a state dict with every tensor on the CPU."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: _on_host(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_on_host(item) for item in value)
    return value
