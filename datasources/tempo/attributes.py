"""How a scope's labels are called in traces: Prometheus and Loki write `service_namespace` for `service.namespace`.

Source: the resource attributes of OpenTelemetry's semantic conventions.
"""

from __future__ import annotations

import re

WITH_UNDERSCORES = (
    "cloud.availability_zone",
    "cloud.resource_id",
    "container.command_args",
    "container.command_line",
    "container.image.repo_digests",
    "faas.max_memory",
    "gcp.cloud_run.job.execution",
    "gcp.cloud_run.job.task_index",
    "heroku.release.creation_timestamp",
    "k8s.container.restart_count",
    "k8s.container.status.last_terminated_reason",
    "os.build_id",
    "oracle_cloud.realm",
    "process.args_count",
    "process.command_args",
    "process.command_line",
    "process.creation.time",
    "process.executable.build_id.gnu",
    "process.executable.build_id.go",
    "process.executable.build_id.htlhash",
    "process.group_leader.pid",
    "process.parent_pid",
    "process.real_user.id",
    "process.real_user.name",
    "process.saved_user.id",
    "process.saved_user.name",
    "process.session_leader.pid",
    "process.working_directory",
    "user_agent.name",
    "user_agent.original",
    "user_agent.version",
    "vcs.ref.head.name",
    "zos.sysplex.name",
)
_BY_LABEL = {re.sub(r"\W", "_", name): name for name in WITH_UNDERSCORES}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")


def resource_attribute(label: str) -> str:
    """The resource attribute of a scope's label: by the table, or with dots for underscores; one with dots is taken as it is.

    Raises: ValueError for a name that could be read in two ways within TraceQL.
    """
    if not _PLAIN.fullmatch(label):
        raise ValueError(f"{label!r} cannot be a scope's label")
    if "." in label:
        return label
    return _BY_LABEL.get(label) or label.replace("_", ".")
