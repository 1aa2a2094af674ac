"""The two namespaces, their services, and what each says of itself in resources, streams and metric labels."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.demo.scenario.signals import AttributeValue

ENVIRONMENT = "demo"


@dataclass(frozen=True)
class ServiceSpec:
    namespace: str
    name: str
    language: str
    version: str
    log_format: str

    @property
    def instance(self) -> str:
        return f"{self.namespace}-{self.name}-0"

    @property
    def pod(self) -> str:
        return f"{self.name}-7d9f-{self.namespace[0]}1"

    @property
    def platform(self) -> str:
        """The language as error trackers name it."""
        return {"nodejs": "node"}.get(self.language, self.language)

    def resource(self) -> dict[str, AttributeValue]:
        return {
            "service.name": self.name,
            "service.namespace": self.namespace,
            "service.version": self.version,
            "service.instance.id": self.instance,
            "deployment.environment.name": ENVIRONMENT,
            "host.name": f"node-{len(self.name) % 3 + 1}",
            "k8s.namespace.name": self.namespace,
            "k8s.pod.name": self.pod,
            "telemetry.sdk.language": self.language,
        }

    def stream(self) -> dict[str, str]:
        return {
            "deployment_environment_name": ENVIRONMENT,
            "k8s_namespace_name": self.namespace,
            "k8s_pod_name": self.pod,
            "service_instance_id": self.instance,
            "service_name": self.name,
            "service_namespace": self.namespace,
        }

    def target(self) -> dict[str, str]:
        """The labels that a scrape of this service gives to all its series."""
        return {
            "instance": self.instance,
            "job": f"{self.namespace}/{self.name}",
            "service_name": self.name,
            "service_namespace": self.namespace,
        }


SERVICES: dict[str, tuple[ServiceSpec, ...]] = {
    "shop": (
        ServiceSpec("shop", "frontend", "nodejs", "1.14.2", "json"),
        ServiceSpec("shop", "catalog", "python", "1.14.2", "json"),
        ServiceSpec("shop", "cart", "go", "1.13.0", "logfmt"),
        ServiceSpec("shop", "checkout", "java", "1.14.2", "logfmt"),
        ServiceSpec("shop", "payment", "python", "1.14.1", "json"),
        ServiceSpec("shop", "inventory", "go", "1.12.7", "logfmt"),
    ),
    "bank": (
        ServiceSpec("bank", "gateway", "go", "2.3.0", "json"),
        ServiceSpec("bank", "accounts", "java", "2.3.0", "logfmt"),
        ServiceSpec("bank", "ledger", "java", "2.2.4", "json"),
        ServiceSpec("bank", "payments", "python", "2.3.0", "json"),
        ServiceSpec("bank", "fraud", "python", "2.1.9", "logfmt"),
        ServiceSpec("bank", "notifications", "nodejs", "2.3.0", "logfmt"),
    ),
}

NAMESPACES = tuple(SERVICES)


def service_spec(namespace: str, service: str) -> ServiceSpec:
    return next(spec for spec in SERVICES[namespace] if spec.name == service)
