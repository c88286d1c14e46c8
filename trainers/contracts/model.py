"""The contract of a model: an Objective of trainers.objectives.base."""

import math
from dataclasses import fields

import torch

from trainers.contracts.small_training import LATENTS, small_objective, some_terms
from trainers.contracts.verdict import Broken, raised
from trainers.objectives import OBJECTIVES, Terms
from trainers.specs.datasets import DATASETS

_LOGVARS = (-30.0, 0.0, 30.0)


def constructs(name: str) -> str:
    """With its defaults; its adversary's weights are not among its learned ones."""
    objective = small_objective(name)
    adversary = objective.adversary()
    others = {id(p) for p in adversary.parameters()} if adversary is not None else set()
    learned = {id(p) for p in objective.learned_weights()}
    if others & learned or len(others | learned) != len(list(objective.parameters())):
        raise Broken("each parameter must be in either learned_weights() or adversary()")
    return ""


def finite(name: str) -> str:
    """A finite loss and gradient, also for extreme log-variances."""
    for logvar in _LOGVARS:
        objective, terms = small_objective(name), some_terms(logvar)
        where = f"at log-variance {logvar:g}"
        loss = objective.loss(terms)
        if not loss.isfinite():
            raise Broken(f"the loss is {loss.item()} {where}; bound what it exponentiates")
        torch.autograd.backward(loss)
        for tensor in (terms.mu_BL, terms.logvar_BL, *objective.learned_weights()):
            if tensor.grad is None:
                raise Broken(f"no gradient reaches an input or a parameter {where}")
            if not tensor.grad.isfinite().all():
                raise Broken(f"a gradient is not finite {where}; bound what it exponentiates")
        if not all(value.isfinite() for value in objective.logged_values()):
            raise Broken(f"a logged value is not finite {where}")
    return ""


def no_transfer(name: str) -> str:
    """Nothing is read back to the host: tensors without values (meta) pass through the loss."""
    objective = small_objective(name).to("meta")
    values = vars(some_terms())
    terms = Terms(**{item.name: values[item.name].to("meta") for item in fields(Terms)})
    try:
        results = [objective.loss(terms), *objective.logged_values()]
        if objective.adversary() is not None:
            results.append(objective.adversary_loss(terms))
    except Exception as error:
        raise Broken(
            f"{raised(error)}. A step must not read a tensor on the host (.item(), float(), "
            ".cpu(), .numpy(), `if tensor`): write it with tensors, such as torch.where"
        ) from error
    if not all(result.is_meta for result in results):
        raise Broken("a result is not on the device of its inputs; compute it from them")
    return ""


def shapes(name: str) -> str:
    """A scalar loss for the images of each dataset, and with one latent."""
    for pixels in sorted({math.prod(spec.image_CHW) for spec in DATASETS.values()}):
        loss = small_objective(name, LATENTS, pixels).loss(some_terms())
        if loss.shape != ():
            raise Broken(f"the loss has shape {tuple(loss.shape)}; it must be a scalar, ()")
    terms = some_terms()
    columns = {key: getattr(terms, key)[:, :1] for key in ("mu_BL", "logvar_BL", "z_BL")}
    order_BL = terms.shuffle_BL
    assert order_BL is not None
    one = Terms(terms.recon, terms.kl_L[:1], **columns, iteration=terms.iteration)
    one = Terms(**(vars(one) | {"shuffle_BL": order_BL[:, :1]}))
    if not small_objective(name, 1).loss(one).isfinite():
        raise Broken("the loss is not finite with one latent")
    return ""


def logged(name: str) -> str:
    """A name for each logged value: a detached scalar that the latest loss used."""
    objective = small_objective(name)
    objective.loss(some_terms())
    names, values = objective.logged_names(), objective.logged_values()
    if not len(names) == len(values) == len(set(names)):
        raise Broken(f"logged_names() has {names}, logged_values() {len(values)} values")
    for key, value in zip(names, values, strict=True):
        if value.shape != () or value.requires_grad:
            raise Broken(f"logged value {key} must be a detached scalar: add .detach()")
    return ""


def eval_mode(name: str) -> str:
    """In eval mode the loss changes no state."""
    objective = small_objective(name)
    objective.loss(some_terms())
    before = {key: value.clone() for key, value in objective.state_dict().items()}
    objective.eval()
    objective.loss(some_terms())
    for key, value in objective.state_dict().items():
        if not torch.equal(before[key], value):
            raise Broken(f"{key} changes in eval mode; change it only if self.training")
    return ""


def batch_size(name: str) -> str:
    """A batch with every point twice has the same loss: terms are means over the batch."""
    if OBJECTIVES[name].compares_points:
        return "not checked: it compares the points of a batch (compares_points)"
    one, two = (small_objective(name).loss(some_terms(copies=n)).item() for n in (1, 2))
    if not math.isclose(one, two, rel_tol=1e-3, abs_tol=1e-5):
        raise Broken(
            f"the loss is {one:.6g}, and {two:.6g} with every point of the batch twice; take "
            "means over the batch, not sums; or set compares_points = True"
        )
    return ""
