"""cluster.yaml: validated by Ray itself, and held to rules of our own.

The slow test takes it through Ray's own preparation for AWS, against moto's imitation of AWS."""

import copy
import os
import re
from typing import Any

import pytest

from tests.docker.places import load_yaml

RAW = load_yaml("cluster.yaml")


def prepared(config: dict[str, Any]) -> dict[str, Any]:
    """The file after Ray has put in its defaults and checked it with its JSON schema."""
    from ray.autoscaler._private.util import prepare_config, validate_config

    ready = prepare_config(copy.deepcopy(config))
    validate_config(ready)
    return ready


def test_ray_accepts_it_and_adds_no_command_of_its_own():
    ready = prepared(RAW)
    assert ready["head_setup_commands"] == ready["worker_setup_commands"] == RAW["setup_commands"]
    assert ready["head_start_ray_commands"] == RAW["head_start_ray_commands"]
    assert ready["worker_start_ray_commands"] == RAW["worker_start_ray_commands"]


def test_ray_would_refuse_a_misspelt_key():
    import jsonschema

    with pytest.raises(jsonschema.ValidationError, match="idle_timeout_minuets"):
        prepared({**RAW, "idle_timeout_minuets": 5})


def test_head_is_on_demand_and_runs_no_training_and_workers_are_spot_with_a_gpu():
    head = RAW["available_node_types"][RAW["head_node_type"]]
    assert head["resources"] == {"CPU": 0, "GPU": 0}
    assert "InstanceMarketOptions" not in head["node_config"]
    worker = RAW["available_node_types"]["gpu_spot"]
    assert worker["node_config"]["InstanceMarketOptions"]["MarketType"] == "spot"
    assert worker["resources"]["GPU"] == 1


def test_it_scales_from_nothing_within_a_bound_and_back():
    worker = RAW["available_node_types"]["gpu_spot"]
    assert (worker["min_workers"], worker["max_workers"]) == (0, RAW["max_workers"])
    assert 0 < RAW["idle_timeout_minutes"] <= 10
    assert RAW["provider"]["cache_stopped_nodes"] is False


def test_every_node_is_in_a_group_of_the_admin_and_nothing_but_ssh_is_needed():
    for node in RAW["available_node_types"].values():
        assert node["node_config"]["SecurityGroupIds"] == ["sg-CHANGE"]
        assert node["node_config"]["MetadataOptions"]["HttpTokens"] == "required"
    starts = " ".join(RAW["head_start_ray_commands"] + RAW["worker_start_ray_commands"])
    assert "--dashboard-host=127.0.0.1" in starts and "0.0.0.0" not in str(RAW)


def test_both_kinds_of_node_start_with_the_token_and_without_telemetry():
    assert RAW["file_mounts"]["~/.ray/auth_token"] == "~/.ray/auth_token"
    for key in ("head_start_ray_commands", "worker_start_ray_commands"):
        (start,) = [line for line in RAW[key] if "ray start" in line]
        settings, _, ray = start.partition("~/sweeper/.venv/bin/ray start")
        for setting in ("RAY_AUTH_MODE=token", "RAY_USAGE_STATS_ENABLED=0", "DO_NOT_TRACK=true"):
            assert setting in settings
        assert "--disable-usage-stats" in ray


def test_what_is_installed_is_pinned_and_private_files_are_not_copied():
    installs = [line for line in RAW["setup_commands"] if "pip install" in line]
    assert installs and all("-c constraints.txt" in line for line in installs)
    assert {".env", ".git", "mlflow.db*"} <= set(RAW["rsync_exclude"])


def test_values_to_fill_in_are_marked_so_that_aws_refuses_them_until_they_are():
    nodes = RAW["available_node_types"].values()
    assert {node["node_config"]["ImageId"] for node in nodes} == {"ami-CHANGE"}


def world_open_ports(ec2: Any) -> list[int]:
    permissions = [p for group in ec2.security_groups.all() for p in group.ip_permissions]
    return [
        permission["FromPort"]
        for permission in permissions
        if {"CidrIp": "0.0.0.0/0"} in permission["IpRanges"]
    ]


def filled_in(ec2: Any) -> dict[str, Any]:
    """The file with an admin's own security group and role in place of every CHANGE."""
    vpc = next(iter(ec2.vpcs.all()))
    group = ec2.create_security_group(GroupName="lab", Description="ours", VpcId=vpc.id)
    config = copy.deepcopy(RAW)
    for node in config["available_node_types"].values():
        node["node_config"]["SecurityGroupIds"] = [group.id]
        node["node_config"]["ImageId"] = "ami-12345678"
        node["node_config"]["IamInstanceProfile"] = {"Name": "lab"}
    return config


@pytest.mark.slow
@pytest.mark.parametrize("own_group", [True, False])
def test_ray_on_aws_opens_nothing_to_the_world(own_group: bool, tmp_path, monkeypatch):
    """And does so without the group, which shows that the test sees it."""
    moto, boto3 = pytest.importorskip("moto"), pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("HOME", str(tmp_path))  # where Ray puts the key pair it makes
    os.mkdir(tmp_path / ".ssh")
    with moto.mock_aws():
        from ray.autoscaler._private.aws.config import bootstrap_aws

        ec2 = boto3.resource("ec2", region_name=RAW["provider"]["region"])
        config = filled_in(ec2)
        if not own_group:
            for node in config["available_node_types"].values():
                del node["node_config"]["SecurityGroupIds"]
        ready = bootstrap_aws(prepared(config))
        assert world_open_ports(ec2) == ([] if own_group else [22])
        zones = re.split(",", RAW["provider"]["availability_zone"])
        for node in ready["available_node_types"].values():
            subnets = [ec2.Subnet(name) for name in node["node_config"]["SubnetIds"]]
            assert {subnet.availability_zone for subnet in subnets} == set(zones)
