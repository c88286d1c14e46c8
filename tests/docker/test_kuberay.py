"""kuberay.yaml: core objects against Kubernetes' own schema, the RayCluster by rules of our own.

The schema of the RayCluster resource is in no package; its pod templates are checked as pods, and
the fields around them against KubeRay's published field reference (ray.io/v1). With its schema in a
file, `KUBERAY_CRD=ray.io_rayclusters.yaml pytest tests/docker/test_kuberay.py` checks it whole."""

import copy
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docker.places import DOCKER, ROOT

OBJECTS = list(yaml.safe_load_all((DOCKER / "kuberay.yaml").read_text(encoding="utf-8")))
BY_KIND = {found["kind"]: found for found in OBJECTS}
SPEC = BY_KIND["RayCluster"]["spec"]
HEAD = SPEC["headGroupSpec"]
WORKERS = SPEC["workerGroupSpecs"]
# KubeRay's field reference, those in it since version 1.3.
FIELDS = {
    "cluster": {
        "autoscalerOptions",
        "enableInTreeAutoscaling",
        "gcsFaultToleranceOptions",
        "headGroupSpec",
        "headServiceAnnotations",
        "managedBy",
        "rayVersion",
        "suspend",
        "workerGroupSpecs",
    },
    "head": {"enableIngress", "headService", "rayStartParams", "serviceType", "template"},
    "worker": {
        "groupName",
        "idleTimeoutSeconds",
        "maxReplicas",
        "minReplicas",
        "numOfHosts",
        "rayStartParams",
        "replicas",
        "scaleStrategy",
        "suspend",
        "template",
    },
    "autoscaler": {
        "env",
        "envFrom",
        "idleTimeoutSeconds",
        "image",
        "imagePullPolicy",
        "resources",
        "securityContext",
        "upscalingMode",
        "volumeMounts",
    },
}


def pods() -> list[dict[str, Any]]:
    return [HEAD["template"]["spec"], *(group["template"]["spec"] for group in WORKERS)]


def containers() -> list[dict[str, Any]]:
    return [container for pod in pods() for container in pod["containers"]]


def environments() -> list[dict[str, Any]]:
    places = [SPEC["autoscalerOptions"], *containers()]
    return [{entry["name"]: entry for entry in place["env"]} for place in places]


def as_pod(spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec}


def validate(manifest: dict[str, Any]) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("kind", ["Namespace", "NetworkPolicy"])
def test_core_objects_meet_the_schema_of_kubernetes(kind: str):
    validate(BY_KIND[kind])


def test_pod_templates_meet_the_schema_of_kubernetes():
    for spec in pods():
        validate(as_pod(spec))


def test_the_schema_would_refuse_a_misspelt_key():
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    with pytest.raises(kubernetes_validate.ValidationError, match="tolerance"):
        validate(as_pod({**pods()[0], "tolerance": []}))


def test_raycluster_uses_fields_that_kuberay_has():
    assert BY_KIND["RayCluster"]["apiVersion"] == "ray.io/v1"
    assert set(SPEC) <= FIELDS["cluster"]
    assert set(SPEC["autoscalerOptions"]) <= FIELDS["autoscaler"]
    assert set(HEAD) <= FIELDS["head"]
    for group in WORKERS:
        assert set(group) <= FIELDS["worker"]
        assert 0 == group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for params in (HEAD["rayStartParams"], *(group["rayStartParams"] for group in WORKERS)):
        assert all(isinstance(value, str) for value in params.values())  # or KubeRay refuses them


def closed(schema: Any) -> Any:
    """The schema of a CustomResourceDefinition, refusing unknown fields as `kubectl` does."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string", "number"]}
    found = {key: closed(part) for key, part in schema.items()}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        if not found.get("x-kubernetes-preserve-unknown-fields"):
            found.setdefault("additionalProperties", False)
    return found


def test_raycluster_meets_the_schema_of_kuberay():
    """Run by hand on the schemas of KubeRay 1.3.0 and 1.7.0."""
    import jsonschema

    if not os.environ.get("KUBERAY_CRD"):
        pytest.skip("KUBERAY_CRD names no file: ray.io_rayclusters.yaml of KubeRay's Helm chart")
    crd = yaml.safe_load(Path(os.environ["KUBERAY_CRD"]).read_text(encoding="utf-8"))
    (version,) = [found for found in crd["spec"]["versions"] if found["name"] == "v1"]
    schema = closed(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    jsonschema.validate(BY_KIND["RayCluster"], schema)
    for place, key, value in (("headGroupSpec", "serviceTyp", "x"), (None, "rayVersion", 2)):
        wrong = copy.deepcopy(BY_KIND["RayCluster"])
        (wrong["spec"][place] if place else wrong["spec"])[key] = value
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_ray_start_parameters_are_options_of_this_ray():
    from ray.scripts.scripts import start

    options = {name.removeprefix("--") for option in start.params for name in option.opts}
    for params in (HEAD["rayStartParams"], *(group["rayStartParams"] for group in WORKERS)):
        assert set(params) <= options


def test_version_of_ray_is_that_of_the_image():
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert re.findall(r"^ray==(.+)$", constraints, re.MULTILINE) == [SPEC["rayVersion"]]
    images = {container["image"] for container in containers()}
    assert len(images) == 1 and re.search(r":\d[\w.]*-cu\d+$", images.pop())


def test_nothing_is_reachable_from_outside_of_the_namespace():
    policy = BY_KIND["NetworkPolicy"]["spec"]
    assert policy["podSelector"] == {} and policy["policyTypes"] == ["Ingress"]
    # A podSelector without a namespaceSelector means this namespace alone.
    assert policy["ingress"] == [{"from": [{"podSelector": {}}]}]
    assert HEAD["serviceType"] == "ClusterIP" and "enableIngress" not in HEAD
    assert not any(pod.get("hostNetwork") for pod in pods())
    assert all("hostPort" not in port for one in containers() for port in one.get("ports", []))
    spaces = {
        found["metadata"].get("namespace") for found in OBJECTS if found["kind"] != "Namespace"
    }
    assert spaces == {BY_KIND["Namespace"]["metadata"]["name"]}


def test_token_comes_from_a_secret_and_no_secret_stands_in_the_file():
    for environment in environments():
        assert environment["RAY_AUTH_MODE"]["value"] == "token"
        assert environment["RAY_AUTH_TOKEN"]["valueFrom"] == {
            "secretKeyRef": {"name": "ray-auth", "key": "auth_token"}
        }
        assert environment["RAY_USAGE_STATS_ENABLED"]["value"] == "0"
    assert "Secret" not in BY_KIND


def test_containers_run_without_root_and_without_capabilities():
    contexts = [SPEC["autoscalerOptions"]["securityContext"]]
    contexts += [container["securityContext"] for container in containers()]
    for context in contexts:
        assert context["runAsNonRoot"] is True and context["runAsUser"] == 1000
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert all("hostPath" not in volume for volume in pod["volumes"])
    for group in WORKERS:
        assert group["template"]["spec"]["automountServiceAccountToken"] is False


def test_workers_have_gpus_and_tolerate_spot_nodes_and_the_head_does_neither():
    assert "nvidia.com/gpu" not in str(HEAD) and "tolerations" not in HEAD["template"]["spec"]
    for group in WORKERS:
        spec = group["template"]["spec"]
        assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
        tolerated = {toleration["key"] for toleration in spec["tolerations"]}
        assert {"nvidia.com/gpu", "cloud.google.com/gke-spot"} <= tolerated


def test_every_container_says_what_it_needs():
    for container in containers():
        resources = container["resources"]
        assert {"cpu", "memory"} <= set(resources["requests"])
        # Memory that is promised is memory that is there: no eviction at half of a training.
        assert resources["requests"]["memory"] == resources["limits"]["memory"]
