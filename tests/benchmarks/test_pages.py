"""Pages of the benchmarks come out, on sizes that take no time. No test here asserts a time."""

import io

import numpy as np
import pytest
import torch

from benchmarks import __main__ as pages
from benchmarks import goals, gpu, grid_vs_ray, overhead, reading, stalls, step
from benchmarks.contenders import plain_loop
from benchmarks.support import limits
from benchmarks.support.measuring import ROOT, Spread, command, interleaved, machine, ratios, table
from benchmarks.support.subject import l_vae
from tests.sweeper.support.invented import FACTORS
from trainers.networks import build_network


def rows_of(text):
    """The cells of a Markdown table's rows, head first."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_spread_and_ratios_are_taken_round_by_round():
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0)
    assert ratios([2.0, 9.0, 4.0], [1.0, 3.0, 4.0]) == Spread(1.0, 2.0, 3.0)
    assert Spread(1.0, 2.0, 3.0).text(1) == "2.0 (1.0 to 3.0)"


def test_actions_take_turns():
    order = []
    values = interleaved({"a": lambda: order.append("a"), "b": lambda: 7.0}, rounds=3)
    assert order == ["a"] * 3
    assert values["b"] == [7.0] * 3
    assert len(values["a"]) == 3


def test_a_table_is_markdown():
    assert rows_of(table(("a", "b"), [("1", "2")])) == [["a", "b"], ["---", "---"], ["1", "2"]]


def test_the_machine_is_named_without_where_things_lie():
    text = machine()
    for fact in ("date", "processor", "memory", "software", "GPU", "load"):
        assert f"- {fact}" in text
    assert "/" not in text.replace("logical cores", "")


def test_flops_of_a_step_are_three_products_a_layer_less_the_first_input_gradient():
    batch, hidden, pixels = 8, 1200, 64 * 64
    layers = [(pixels, hidden), (hidden, hidden), (hidden, 10), (5, hidden)]
    layers += [(hidden, hidden), (hidden, pixels)]
    products = 2 * batch * (3 * sum(a * b for a, b in layers) - pixels * hidden)
    assert limits.step_flops("mlp", batch) == products


def test_the_loop_by_hand_is_a_step_of_l_vae():
    """At sigmas of 1 the loss is recon + KL + 2, and a step moves every weight."""
    network, optimizer, sigmas_2 = plain_loop.plain_model("cnn", 1e-3, fused=False)
    before = [weight.detach().clone() for weight in network.parameters()]
    losses = plain_loop.plain_step(network, optimizer, sigmas_2)(
        torch.ones(4, 1, 64, 64, dtype=torch.uint8)
    )
    assert losses["loss"] == pytest.approx(losses["recon"] + losses["kl"] + 2, rel=1e-5)
    fresh = build_network("cnn", (1, 64, 64), plain_loop.LATENT_DIM, 0)
    assert all(torch.equal(a, b) for a, b in zip(before, fresh.parameters(), strict=True))
    assert not torch.equal(before[0], next(network.parameters()))
    assert torch.all(sigmas_2 != 1)


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_the_loop_in_jax_is_the_same_network(name):
    jax_loop = pytest.importorskip("benchmarks.contenders.jax_loop")
    network = build_network(name, (1, 64, 64), jax_loop.LATENT_DIM, 0)
    images_BCHW = torch.randint(0, 2, (3, 1, 64, 64), generator=torch.manual_seed(0))
    weights = jax_loop.jax_weights(network)
    with torch.no_grad():
        mu_BL, logvar_BL = network.encode(images_BCHW.float())
        logits = network.decode(mu_BL).numpy()
    coded = jax_loop.apply(network.encoder, "encoder", weights, images_BCHW.float().numpy())
    assert np.allclose(coded, torch.cat([mu_BL, logvar_BL], 1).numpy(), atol=1e-5)
    decoded = jax_loop.apply(network.decoder, "decoder", weights, mu_BL.numpy())
    assert np.allclose(decoded, logits, atol=1e-5)

    step = jax_loop.jax_step(name, 1e-3)
    losses = [step(images_BCHW.to(torch.uint8)) for _ in range(30)]
    assert losses[0]["loss"] == pytest.approx(losses[0]["recon"] + losses[0]["kl"] + 2, rel=1e-5)
    assert losses[-1]["recon"] < losses[0]["recon"]


@pytest.mark.slow
def test_the_step_page_comes_out():
    for text in step.page(rounds=1, cases=[("cnn", 2)], threads=1).split("\n\n"):
        head, _, row = rows_of(text)
        assert row[:3] == ["cnn", "2", "1"]
        assert len(row) == len(head)
    assert sum(map(float, row[3:-1])) == pytest.approx(float(row[-1]), abs=0.3)


def test_the_page_of_stalls_comes_out():
    head, _, row = rows_of(stalls.page(num_points=100, networks=("cnn",)))
    assert row[0] == "cnn"
    assert len(row) == len(head)


@pytest.mark.slow
def test_the_gpu_page_of_steps_can_be_made_without_a_gpu():
    text = gpu.steps_page("cpu", 0.01, cases=[("cnn", 2)], precisions=("fp32",))
    head, _, row = rows_of(text)
    assert row[:3] == ["cnn", "2", "fp32"]
    assert len(row) == len(head)


@pytest.mark.slow
def test_the_page_of_goals_comes_out():
    head, _, *rows = rows_of(goals.page(times=1, trainings=2, iterations=1))
    assert len(rows) == 2 + len(goals.FINISHED)
    assert all(len(row) == len(head) and row[-1] in ("reached", "missed") for row in rows)


def test_the_page_of_fused_trainings_can_be_made_without_a_gpu():
    text = gpu.fused_page("cpu", 0.01, cases=[("cnn", 2)], counts=(2,))
    assert "| cnn | 2 |" in text and "2 fused" in text


def test_a_shared_gpu_counts_the_steps_of_a_started_training(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("start\n"))
    gpu.serve("cpu", l_vae("cnn", 2), 0.01)
    ready, rate = capsys.readouterr().out.split()
    assert ready == "ready"
    assert float(rate) > 0


def test_the_bytes_of_a_step_are_those_of_weights_adam_and_layers():
    parameters = sum(
        weight.numel() for weight in build_network("mlp", (1, 64, 64), 5, 0).parameters()
    )
    outputs = 1200 + 1200 + 10 + 1200 + 1200 + 4096
    assert limits.step_bytes("mlp", 3) == 40 * parameters + 12 * 3 * outputs


@pytest.mark.skipif(torch.cuda.is_available(), reason="says so only without a CUDA device")
def test_without_a_gpu_it_says_that_nothing_was_measured(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["gpu"])
    gpu.main()
    assert capsys.readouterr().out.strip() == gpu.NOT_MEASURED


def test_the_reading_page_comes_out(monkeypatch):
    monkeypatch.setattr(reading, "VIEWS", reading.VIEWS[:2])
    text = reading.page(seeds=(1,), datasets=tuple(FACTORS)[:1])
    rows = rows_of(text)
    assert rows[0][1] == "288 runs"
    assert [row[0] for row in rows[2:]] == [name for name, _ in reading.VIEWS]


def test_both_sweeps_ask_for_the_same_runs(tmp_path):
    (tmp_path / "grid.yaml").write_text(grid_vs_ray.grid_text(grid_vs_ray.ITERATIONS))
    _, peak, text = command(["sweeper.cli", "plan", "grid.yaml", "--json"], tmp_path)
    assert '"runs": 36' in text
    assert '"trainings": 6' in text
    assert peak > 0


def test_a_command_that_fails_raises_with_its_last_output(tmp_path):
    with pytest.raises(RuntimeError, match="no-such"):
        command(["sweeper.cli", "plan", "no-such.yaml"], tmp_path)


@pytest.mark.slow
def test_the_overhead_page_comes_out():
    rows = rows_of(overhead.page(counts=(2,)))
    assert rows[2][0] == "2"
    assert rows[-1][0] == "36"


def test_pages_are_collected_with_their_docstrings(tmp_path, capsys):
    out = tmp_path / "page.md"
    assert pages_main(["--only", "gpu", "--out", str(out)]) == 0
    text = out.read_text()
    assert "## GPU" in text
    assert gpu.NOT_MEASURED in text or "memory limit" in text
    assert "> A GPU: its tests" in text


def pages_main(arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["benchmarks", *arguments])
        return pages.main()


def test_every_page_is_a_module_that_says_what_it_does():
    for name in pages.PAGES:
        assert (ROOT / "benchmarks" / f"{name}.py").read_text().startswith('"""')


def test_an_unknown_page_is_refused(capsys):
    with pytest.raises(SystemExit):
        pages_main(["--only", "nothing"])
    assert "there are goals, grid_vs_ray" in capsys.readouterr().err
