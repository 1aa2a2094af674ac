"""The store: people and projects, errors, alerts, and the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "error_event_ids",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "event_id", name=op.f("pk_error_event_ids")),
    )
    op.create_index(op.f("ix_error_event_ids_received_at"), "error_event_ids", ["received_at"], unique=False)
    op.create_table(
        "error_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("environment", sa.Text(), nullable=True),
        sa.Column("release", sa.Text(), nullable=True),
        sa.Column("server_name", sa.Text(), nullable=True),
        sa.Column("transaction", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("trace_id", sa.Text(), nullable=True),
        sa.Column("span_id", sa.Text(), nullable=True),
        sa.Column(
            "tags", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "body", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.CheckConstraint(
            "level IN ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'FATAL')", name=op.f("ck_error_events_level")
        ),
        sa.PrimaryKeyConstraint("id", "received_at", name=op.f("pk_error_events")),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_index("ix_error_events_group", "error_events", ["group_id", "received_at", "id"], unique=False)
    op.create_index(
        "ix_error_events_trace",
        "error_events",
        ["project_id", "trace_id"],
        unique=False,
        postgresql_where=sa.text("trace_id IS NOT NULL"),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metrics_source", sa.Text(), server_default=sa.text("'prometheus'"), nullable=False),
        sa.Column("logs_source", sa.Text(), server_default=sa.text("'loki'"), nullable=False),
        sa.Column("traces_source", sa.Text(), server_default=sa.text("'tempo'"), nullable=False),
        sa.Column("last_error_number", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_projects_slug")),
        sa.CheckConstraint("number BETWEEN 1 AND 2147483647", name=op.f("ck_projects_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("number", name=op.f("uq_projects_number")),
        sa.UniqueConstraint("slug", name=op.f("uq_projects_slug")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "alert_rules",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("comparison", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("for_ms", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("keep_firing_for_ms", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("every_ms", sa.BigInteger(), server_default=sa.text("30000"), nullable=False),
        sa.Column("no_data", sa.Text(), server_default=sa.text("'OK'"), nullable=False),
        sa.Column("severity", sa.Text(), server_default=sa.text("'WARNING'"), nullable=False),
        sa.Column(
            "labels", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("runbook_url", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("health", sa.Text(), server_default=sa.text("'UNKNOWN'"), nullable=False),
        sa.Column("last_evaluated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_duration_ms", sa.Double(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("next_evaluation_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_evaluations", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("missed_evaluations", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "comparison IN ('GT', 'GTE', 'LT', 'LTE', 'EQ', 'NEQ')", name=op.f("ck_alert_rules_comparison")
        ),
        sa.CheckConstraint("health IN ('OK', 'NO_DATA', 'FAILING', 'UNKNOWN')", name=op.f("ck_alert_rules_health")),
        sa.CheckConstraint(
            "language IN ('PROMQL', 'LOGQL', 'TRACEQL', 'ERRORS')", name=op.f("ck_alert_rules_language")
        ),
        sa.CheckConstraint("no_data IN ('OK', 'KEEP', 'ALERT')", name=op.f("ck_alert_rules_no_data")),
        sa.CheckConstraint("severity IN ('INFO', 'WARNING', 'CRITICAL')", name=op.f("ck_alert_rules_severity")),
        sa.CheckConstraint(
            "for_ms >= 0 AND keep_firing_for_ms >= 0 AND every_ms > 0", name=op.f("ck_alert_rules_durations")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_alert_rules_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
    )
    op.create_index(
        "ix_alert_rules_due", "alert_rules", ["next_evaluation_at"], unique=False, postgresql_where=sa.text("enabled")
    )
    op.create_index(
        op.f("ix_alert_rules_project_id_created_at_id"), "alert_rules", ["project_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('VIEWER', 'MEMBER', 'ADMIN', 'OWNER')", name=op.f("ck_api_tokens_role")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_api_tokens_created_by"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_api_tokens_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_index(op.f("ix_api_tokens_created_by"), "api_tokens", ["created_by"], unique=False)
    op.create_index(op.f("ix_api_tokens_project_id"), "api_tokens", ["project_id"], unique=False)
    op.create_table(
        "channels",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("min_severity", sa.Text(), server_default=sa.text("'WARNING'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('WEBHOOK', 'SLACK', 'EMAIL')", name=op.f("ck_channels_kind")),
        sa.CheckConstraint("min_severity IN ('INFO', 'WARNING', 'CRITICAL')", name=op.f("ck_channels_min_severity")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_channels_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
    )
    op.create_index(op.f("ix_channels_project_id"), "channels", ["project_id"], unique=False)
    op.create_table(
        "error_groups",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("grouping_version", sa.SmallInteger(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("culprit", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'UNRESOLVED'"), nullable=False),
        sa.Column("regressed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_in_release", sa.Text(), nullable=True),
        sa.Column("ignored_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ignored_until_count", sa.BigInteger(), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("user_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_release", sa.Text(), nullable=True),
        sa.Column("last_release", sa.Text(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "level IN ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'FATAL')", name=op.f("ck_error_groups_level")
        ),
        sa.CheckConstraint("status IN ('UNRESOLVED', 'RESOLVED', 'IGNORED')", name=op.f("ck_error_groups_status")),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["users.id"], name=op.f("fk_error_groups_assignee_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["error_groups.id"], name=op.f("fk_error_groups_merged_into"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_error_groups_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_error_groups")),
        sa.UniqueConstraint("project_id", "fingerprint", name=op.f("uq_error_groups_project_id_fingerprint")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_error_groups_project_id_number")),
    )
    op.create_index(op.f("ix_error_groups_assignee_id"), "error_groups", ["assignee_id"], unique=False)
    op.create_index(
        "ix_error_groups_event_count",
        "error_groups",
        ["project_id", "event_count", "id"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NULL"),
    )
    op.create_index(
        "ix_error_groups_first_seen",
        "error_groups",
        ["project_id", "first_seen", "id"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NULL"),
    )
    op.create_index(
        "ix_error_groups_last_seen",
        "error_groups",
        ["project_id", "last_seen", "id"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NULL"),
    )
    op.create_index(op.f("ix_error_groups_merged_into"), "error_groups", ["merged_into"], unique=False)
    op.create_index(
        "ix_error_groups_user_count",
        "error_groups",
        ["project_id", "user_count", "id"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NULL"),
    )
    op.create_table(
        "ingest_keys",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("public_key ~ '^[0-9a-f]{32}$'", name=op.f("ck_ingest_keys_public_key")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_ingest_keys_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_keys")),
        sa.UniqueConstraint("public_key", name=op.f("uq_ingest_keys_public_key")),
    )
    op.create_index(op.f("ix_ingest_keys_project_id"), "ingest_keys", ["project_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('VIEWER', 'MEMBER', 'ADMIN', 'OWNER')", name=op.f("ck_memberships_role")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_memberships_project_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "user_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
        ),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "payload", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_outbox_project_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_at"), "outbox", ["at"], unique=False)
    op.create_index(
        op.f("ix_outbox_project_id_topic_sequence"), "outbox", ["project_id", "topic", "sequence"], unique=False
    )
    op.create_table(
        "refresh_families",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_refresh_families_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_families")),
    )
    op.create_index(op.f("ix_refresh_families_user_id"), "refresh_families", ["user_id"], unique=False)
    op.create_table(
        "silences",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("matchers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_silences_order")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_silences_created_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_silences_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
    )
    op.create_index(op.f("ix_silences_created_by"), "silences", ["created_by"], unique=False)
    op.create_index(op.f("ix_silences_project_id_ends_at"), "silences", ["project_id", "ends_at"], unique=False)
    op.create_table(
        "alert_rule_channels",
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_alert_rule_channels_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rules.id"], name=op.f("fk_alert_rule_channels_rule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "channel_id", name=op.f("pk_alert_rule_channels")),
    )
    op.create_index(op.f("ix_alert_rule_channels_channel_id"), "alert_rule_channels", ["channel_id"], unique=False)
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.Text(), server_default=sa.text("'GATEWAY'"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column(
            "labels", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("condition_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clear_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledgement", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "origin IN ('GATEWAY', 'PROMETHEUS', 'LOKI', 'ALERTMANAGER')", name=op.f("ck_alerts_origin")
        ),
        sa.CheckConstraint("severity IN ('INFO', 'WARNING', 'CRITICAL')", name=op.f("ck_alerts_severity")),
        sa.CheckConstraint("state IN ('PENDING', 'FIRING', 'RESOLVED')", name=op.f("ck_alerts_state")),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["users.id"], name=op.f("fk_alerts_acknowledged_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_alerts_project_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rules.id"], name=op.f("fk_alerts_rule_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_acknowledged_by"), "alerts", ["acknowledged_by"], unique=False)
    op.create_index(op.f("ix_alerts_rule_id_started_at_id"), "alerts", ["rule_id", "started_at", "id"], unique=False)
    op.create_index("ix_alerts_started_at", "alerts", ["project_id", "started_at", "id"], unique=False)
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["project_id", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("state <> 'RESOLVED'"),
    )
    op.create_table(
        "error_activity",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["error_groups.id"], name=op.f("fk_error_activity_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_error_activity_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_error_activity")),
    )
    op.create_index(op.f("ix_error_activity_group_id_at_id"), "error_activity", ["group_id", "at", "id"], unique=False)
    op.create_index(op.f("ix_error_activity_user_id"), "error_activity", ["user_id"], unique=False)
    op.create_table(
        "error_group_hours",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["error_groups.id"], name=op.f("fk_error_group_hours_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_error_group_hours_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "hour", name=op.f("pk_error_group_hours")),
    )
    op.create_index(
        op.f("ix_error_group_hours_project_id_hour"), "error_group_hours", ["project_id", "hour"], unique=False
    )
    op.create_table(
        "error_group_users",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("user_digest", sa.LargeBinary(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["error_groups.id"], name=op.f("fk_error_group_users_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_error_group_users_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "user_digest", "hour", name=op.f("pk_error_group_users")),
    )
    op.create_index(
        op.f("ix_error_group_users_project_id_hour"), "error_group_users", ["project_id", "hour"], unique=False
    )
    op.create_table(
        "error_tags",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["error_groups.id"], name=op.f("fk_error_tags_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_error_tags_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "name", "value", name=op.f("pk_error_tags")),
    )
    op.create_index(
        op.f("ix_error_tags_project_id_name_value"), "error_tags", ["project_id", "name", "value"], unique=False
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["family"], ["refresh_families.id"], name=op.f("fk_refresh_tokens_family"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_refresh_tokens_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_expires_at"), "refresh_tokens", ["expires_at"], unique=False)
    op.create_index(op.f("ix_refresh_tokens_family"), "refresh_tokens", ["family"], unique=False)
    op.create_index(op.f("ix_refresh_tokens_user_id"), "refresh_tokens", ["user_id"], unique=False)
    op.create_table(
        "alert_changes",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
        ),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.CheckConstraint("from_state IN ('PENDING', 'FIRING', 'RESOLVED')", name=op.f("ck_alert_changes_from_state")),
        sa.CheckConstraint("to_state IN ('PENDING', 'FIRING', 'RESOLVED')", name=op.f("ck_alert_changes_to_state")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_changes_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_alert_changes_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_alert_changes")),
    )
    op.create_index(op.f("ix_alert_changes_alert_id_sequence"), "alert_changes", ["alert_id", "sequence"], unique=False)
    op.create_index(
        op.f("ix_alert_changes_project_id_sequence"), "alert_changes", ["project_id", "sequence"], unique=False
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'QUEUED'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('QUEUED', 'DELIVERED', 'RETRYING', 'FAILED')", name=op.f("ck_deliveries_state")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_deliveries_alert_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_deliveries_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_deliveries_idempotency_key")),
    )
    op.create_index(op.f("ix_deliveries_alert_id"), "deliveries", ["alert_id"], unique=False)
    op.create_index(
        op.f("ix_deliveries_channel_id_created_at"), "deliveries", ["channel_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('QUEUED', 'RETRYING')"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_deliveries_due", table_name="deliveries", postgresql_where=sa.text("state IN ('QUEUED', 'RETRYING')")
    )
    op.drop_index(op.f("ix_deliveries_channel_id_created_at"), table_name="deliveries")
    op.drop_index(op.f("ix_deliveries_alert_id"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(op.f("ix_alert_changes_project_id_sequence"), table_name="alert_changes")
    op.drop_index(op.f("ix_alert_changes_alert_id_sequence"), table_name="alert_changes")
    op.drop_table("alert_changes")
    op.drop_index(op.f("ix_refresh_tokens_user_id"), table_name="refresh_tokens")
    op.drop_index(op.f("ix_refresh_tokens_family"), table_name="refresh_tokens")
    op.drop_index(op.f("ix_refresh_tokens_expires_at"), table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index(op.f("ix_error_tags_project_id_name_value"), table_name="error_tags")
    op.drop_table("error_tags")
    op.drop_index(op.f("ix_error_group_users_project_id_hour"), table_name="error_group_users")
    op.drop_table("error_group_users")
    op.drop_index(op.f("ix_error_group_hours_project_id_hour"), table_name="error_group_hours")
    op.drop_table("error_group_hours")
    op.drop_index(op.f("ix_error_activity_user_id"), table_name="error_activity")
    op.drop_index(op.f("ix_error_activity_group_id_at_id"), table_name="error_activity")
    op.drop_table("error_activity")
    op.drop_index("uq_alerts_open", table_name="alerts", postgresql_where=sa.text("state <> 'RESOLVED'"))
    op.drop_index("ix_alerts_started_at", table_name="alerts")
    op.drop_index(op.f("ix_alerts_rule_id_started_at_id"), table_name="alerts")
    op.drop_index(op.f("ix_alerts_acknowledged_by"), table_name="alerts")
    op.drop_table("alerts")
    op.drop_index(op.f("ix_alert_rule_channels_channel_id"), table_name="alert_rule_channels")
    op.drop_table("alert_rule_channels")
    op.drop_index(op.f("ix_silences_project_id_ends_at"), table_name="silences")
    op.drop_index(op.f("ix_silences_created_by"), table_name="silences")
    op.drop_table("silences")
    op.drop_index(op.f("ix_refresh_families_user_id"), table_name="refresh_families")
    op.drop_table("refresh_families")
    op.drop_index(op.f("ix_outbox_project_id_topic_sequence"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_at"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_memberships_user_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_index(op.f("ix_ingest_keys_project_id"), table_name="ingest_keys")
    op.drop_table("ingest_keys")
    op.drop_index(
        "ix_error_groups_user_count", table_name="error_groups", postgresql_where=sa.text("merged_into IS NULL")
    )
    op.drop_index(op.f("ix_error_groups_merged_into"), table_name="error_groups")
    op.drop_index(
        "ix_error_groups_last_seen", table_name="error_groups", postgresql_where=sa.text("merged_into IS NULL")
    )
    op.drop_index(
        "ix_error_groups_first_seen", table_name="error_groups", postgresql_where=sa.text("merged_into IS NULL")
    )
    op.drop_index(
        "ix_error_groups_event_count", table_name="error_groups", postgresql_where=sa.text("merged_into IS NULL")
    )
    op.drop_index(op.f("ix_error_groups_assignee_id"), table_name="error_groups")
    op.drop_table("error_groups")
    op.drop_index(op.f("ix_channels_project_id"), table_name="channels")
    op.drop_table("channels")
    op.drop_index(op.f("ix_api_tokens_project_id"), table_name="api_tokens")
    op.drop_index(op.f("ix_api_tokens_created_by"), table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_index(op.f("ix_alert_rules_project_id_created_at_id"), table_name="alert_rules")
    op.drop_index("ix_alert_rules_due", table_name="alert_rules", postgresql_where=sa.text("enabled"))
    op.drop_table("alert_rules")
    op.drop_table("users")
    op.drop_table("projects")
    op.drop_index("ix_error_events_trace", table_name="error_events", postgresql_where=sa.text("trace_id IS NOT NULL"))
    op.drop_index("ix_error_events_group", table_name="error_events")
    op.drop_table("error_events")
    op.drop_index(op.f("ix_error_event_ids_received_at"), table_name="error_event_ids")
    op.drop_table("error_event_ids")
