"""An example of each grid key. tests/docs/test_reference.py loads every one as part of a grid."""

TOP_LEVEL: dict[str, str] = {
    "use": "files and packages with models, networks, datasets or measures of your own",
    "datasets": "what is trained on: names, or mappings as below",
    "models": "the models, one entry after the other, each with its parameters",
    "axes": "settings of every training; lists multiply",
    "seeds": "seeds of trainings: 10 is 0 to 9, [10] is the seed 10",
    "zip": "axes that are paired, the first value with the first, instead of multiplied",
    "exclude": "points that are left out: those that have all of the named values",
    "include": "points that are added; axes that are not named keep their lists",
    "evaluation": "how milestones are scored",
    "select": "which configuration stands for a model in tables",
    "resources": "CPUs and GPUs of a training, retries, checkpoints",
    "price": "cost of a GPU-hour",
    "budget": "limits of all launches of the grid together; a number alone is money",
}

EXAMPLES: dict[str, str] = {
    "use": "use: [./my_models.py]",
    "datasets": "datasets: [dsprites, mpi3d]",
    "models": "models: [vae, {beta_vae: {beta: [2, 4]}}]",
    "axes": "axes: {batch_size: [64, 128], iterations: [1e4, 5e4]}",
    "seeds": "seeds: 10",
    "zip": "zip: [batch_size, learning_rate]",
    "exclude": "exclude: [{model: vae, batch_size: 128}]",
    "include": "include: [{batch_size: 512, seed: 7}]",
    "evaluation": "evaluation: {measures: [cbd, mig], num_points: 10000}",
    "select": "select: {by: mig}",
    "resources": "resources: {cpu: 2}",
    "experiment": "experiment: my_study",
    "name": "name: first_try",
    "sharing": "sharing: false",
    "keep_weights": "keep_weights: all",
    "price": "price: 2.5",
    "budget": "budget: {hours: 2}",
    "search": "search: {sampler: tpe, trainings: 20}",
    "table": "table: 7.1",
    "datasets[].name": "datasets: {name: mpi3d}",
    "datasets[].source": "datasets: {name: mpi3d, source: synthetic}",
    "datasets[].data": "datasets: {name: mpi3d, data: /data/prepared}",
    "datasets[].path": "datasets: {name: mine, path: mine.npz}",
    "models[].datasets": "models: [vae, {l_vae: {datasets: [mpi3d]}}]",
    "models[].axes": "models: {vae: {axes: {learning_rate: 1e-3}}}",
    "models[].zip": "models: {vae: {zip: [batch_size, learning_rate]}}",
    "models[].exclude": "models: {beta_vae: {beta: [2, 4], exclude: [{beta: 4, batch_size: 64}]}}",
    "models[].include": "models: {beta_vae: {beta: [2, 4], include: [{beta: 8}]}}",
    "axes.iterations": "axes: {iterations: [5e4, 10e4, 30e4]}",
    "axes.batch_size": "axes: {iterations: 100, batch_size: [64, 256]}",
    "axes.learning_rate": "axes: {iterations: 100, learning_rate: [1e-4, 1e-5]}",
    "axes.latent_dim": "axes: {iterations: 100, latent_dim: [auto, 10]}",
    "axes.network": "axes: {iterations: 100, network: [mlp, cnn]}",
    "axes.reconstruction": "axes: {iterations: 100, reconstruction: bernoulli}",
    "axes.precision": "axes: {iterations: 100, precision: bf16}",
    "axes.tf32": "axes: {iterations: 100, tf32: true}",
    "evaluation.protocol": "evaluation: {protocol: locatello}",
    "evaluation.measures": "evaluation: {measures: all}",
    "evaluation.num_points": "evaluation: {num_points: 2000}",
    "evaluation.alpha": "evaluation: {alpha: 0.3}",
    "evaluation.split": "evaluation: {split: {validation: 0.2}}",
    "evaluation.report": "evaluation: {report: test}",
    "evaluation.record_every": "evaluation: {record_every: 100}",
    "evaluation.split.seed": "evaluation: {split: {seed: 1}}",
    "evaluation.split.validation": "evaluation: {split: {validation: 0.2}}",
    "evaluation.split.test": "evaluation: {report: test, split: {test: 0.2}}",
    "select.by": "select: {by: mig}",
    "select.mode": "select: {by: valid/recon, mode: min}",
    "select.statistic": "select: {statistic: median}",
    "select.milestone": "select: {milestone: last}",
    "select.min_active": "select: {min_active: 0}",
    "select.report": "select: {report: all_seeds}",
    "resources.cpu": "resources: {cpu: 2}",
    "resources.gpu": "resources: {gpu: 0.25}",
    "resources.max_failures": "resources: {max_failures: 5}",
    "resources.checkpoint_every_s": "resources: {checkpoint_every_s: 60}",
    "resources.max_concurrent": "resources: {max_concurrent: 2}",
    "notify": "notify: {command: mail -s sweeper me@example.org}",
    "notify.command": "notify: {command: mail -s sweeper me@example.org}",
    "notify.webhook": 'notify: {webhook: "${MY_WEBHOOK}"}',
    "notify.events": "notify: {command: mail me@example.org, events: [end, failure]}",
    "resources.max_failures_alike": "resources: {max_failures_alike: 10}",
    "resources.slurm": "resources: {slurm: {nodes: 2}}",
    "resources.slurm.nodes": "resources: {slurm: {nodes: 4}}",
    "resources.slurm.cpus_per_node": "resources: {slurm: {cpus_per_node: 16}}",
    "resources.slurm.gpus_per_node": "resources: {slurm: {gpus_per_node: 8}}",
    "resources.slurm.time": 'resources: {slurm: {time: "12:00:00"}}',
    "resources.slurm.partition": "resources: {slurm: {partition: gpu}}",
    "resources.slurm.account": "resources: {slurm: {account: lab}}",
    "resources.slurm.max_requeues": "resources: {slurm: {max_requeues: 3}}",
    "resources.slurm.warn_s": "resources: {slurm: {warn_s: 300}}",
    "resources.slurm.options": "resources: {slurm: {options: --exclusive}}",
    "resources.slurm.setup": "resources: {slurm: {setup: module load cuda}}",
    "price.on_demand": "price: {on_demand: 2.5}",
    "price.spot": "price: {on_demand: 2.5, spot: 0.9}",
    "budget.gpu_hours": "budget: {gpu_hours: 100}",
    "budget.money": "{price: 2.5, budget: {money: 50}}",
    "budget.hours": "budget: {hours: 2}",
    "search.sampler": "search: {sampler: nsga2}",
    "search.trainings": "search: {trainings: 50}",
    "search.pruner": "search: {pruner: asha}",
    "search.seed": "search: {seed: 1}",
    "search.directions": "search: {directions: {cbd: max, valid/recon: min}}",
    "exclude[], include[].batch_size": "exclude: {batch_size: 128, seed: 0}",
    "exclude[], include[].learning_rate": "include: {learning_rate: 3e-4}",
    "exclude[], include[].latent_dim": "include: {latent_dim: 20}",
    "exclude[], include[].network": "include: {network: cnn}",
    "exclude[], include[].reconstruction": "include: {reconstruction: bernoulli}",
    "exclude[], include[].precision": "include: {precision: bf16}",
    "exclude[], include[].seed": "include: {seed: 7}",
    "exclude[], include[].model": "exclude: {model: vae, batch_size: 128}",
    "exclude[], include[].dataset": "exclude: {dataset: dsprites, batch_size: 128}",
    "a learned value.learned": (
        "models: {beta_vae: {beta: {learned: beta, from: table6_1.yaml, model: l_vae}}}"
    ),
    "a learned value.from": (
        "models: {beta_vae: {beta: {learned: beta, from: table6_1.yaml, model: l_vae}}}"
    ),
    "a learned value.model": (
        "models: {beta_vae: {beta: {learned: beta, from: table6_1.yaml, model: l_vae}}}"
    ),
    "a learned value.select": (
        "models: {beta_vae: {beta: "
        "{learned: beta, from: table6_1.yaml, model: l_vae, select: mig}}}"
    ),
    "a learned value.digits": (
        "models: {beta_vae: {beta: {learned: beta, from: table6_1.yaml, model: l_vae, digits: 2}}}"
    ),
    "a range (in a search).low": (
        "{search: {trainings: 9}, axes: {iterations: 9, learning_rate: {low: 1e-5, high: 1e-3}}}"
    ),
    "a range (in a search).high": (
        "{search: {trainings: 9}, axes: {iterations: 9, learning_rate: {low: 1e-5, high: 1e-3}}}"
    ),
    "a range (in a search).log": (
        "{search: {trainings: 9}, "
        "axes: {iterations: 9, learning_rate: {low: 1e-5, high: 1e-3, log: true}}}"
    ),
    "a range (in a search).step": (
        "{search: {trainings: 9}, "
        "axes: {iterations: 9, batch_size: {low: 32, high: 128, step: 32}}}"
    ),
}
