"""The statements by which a batch of reports is counted. Each takes its rows as one array per column."""

from __future__ import annotations

REMEMBER = """
    INSERT INTO error_event_ids (project_id, event_id, received_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
    ON CONFLICT DO NOTHING RETURNING project_id, event_id
"""

FIND_GROUPS = """
    SELECT g.project_id, g.fingerprint, coalesce(g.merged_into, g.id) AS id
    FROM error_groups g JOIN unnest($1::uuid[], $2::bytea[]) AS wanted(project_id, fingerprint)
        USING (project_id, fingerprint)
"""

TAKE_NUMBERS = """
    UPDATE projects SET last_error_number = last_error_number + $2 WHERE id = $1 RETURNING last_error_number - $2
"""

INSERT_GROUPS = """
    WITH made AS (
    INSERT INTO error_groups (project_id, number, fingerprint, grouping_version, title, culprit, level,
        first_seen, last_seen, first_release, last_release)
    SELECT project_id, number, fingerprint, version, title, culprit, level, at, at, release, release
    FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::smallint[], $5::text[], $6::text[], $7::text[],
        $8::timestamptz[], $9::text[])
        AS new(project_id, number, fingerprint, version, title, culprit, level, at, release)
    ON CONFLICT (project_id, fingerprint) DO NOTHING RETURNING id, project_id, first_seen
    )
    INSERT INTO outbox (project_id, topic, kind, payload, at)
    SELECT project_id, 'errors', 'NEW', jsonb_build_object('group', id), first_seen FROM made
"""

# The rows are locked in the order of their keys first. A group's title and level follow its latest event.
TOUCH_GROUPS = """
    WITH seen AS (
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
            AS seen(id, events, at, title, culprit, message, level, release)
    ), before AS (
        SELECT g.id, g.status = 'RESOLVED' AND (g.resolved_at IS NULL OR g.resolved_at < seen.at) AS reopened
        FROM error_groups g JOIN seen USING (id) ORDER BY g.id FOR UPDATE OF g
    )
    UPDATE error_groups g SET
        event_count = g.event_count + seen.events,
        last_seen = greatest(g.last_seen, seen.at),
        title = seen.title, culprit = seen.culprit, message = seen.message, level = seen.level,
        last_release = coalesce(seen.release, g.last_release),
        first_release = coalesce(g.first_release, seen.release),
        status = CASE WHEN before.reopened THEN 'UNRESOLVED' ELSE g.status END,
        regressed = g.regressed OR before.reopened,
        resolved_at = CASE WHEN before.reopened THEN NULL ELSE g.resolved_at END
    FROM seen JOIN before USING (id) WHERE g.id = seen.id
    RETURNING g.id, g.project_id, before.reopened
"""

NOTE_REOPENED = """
    WITH noted AS (INSERT INTO error_activity (group_id, at, kind) VALUES ($1, $3, 'regressed'))
    INSERT INTO outbox (project_id, topic, kind, payload, at)
    VALUES ($2, 'errors', 'REGRESSED', jsonb_build_object('group', $1::uuid), $3)
"""

ADD_HOURS = """
    INSERT INTO error_group_hours AS h (group_id, project_id, hour, count)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[])
    ON CONFLICT (group_id, hour) DO UPDATE SET count = h.count + excluded.count
"""

ADD_TAGS = """
    INSERT INTO error_tags AS t (group_id, project_id, name, value, count)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
    ON CONFLICT (group_id, name, value) DO UPDATE SET count = t.count + excluded.count
"""

# Runs after TOUCH_GROUPS, whose locks make it see the users that another batch has just added.
ADD_USERS = """
    WITH seen AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bytea[]) AS seen(group_id, project_id, hour, user_digest)
    ), first AS (
        SELECT s.group_id, count(DISTINCT s.user_digest) AS users FROM seen s WHERE NOT EXISTS (
            SELECT FROM error_group_users u WHERE u.group_id = s.group_id AND u.user_digest = s.user_digest
        ) GROUP BY s.group_id
    ), counted AS (
        UPDATE error_groups g SET user_count = g.user_count + first.users FROM first WHERE g.id = first.group_id
    )
    INSERT INTO error_group_users (group_id, project_id, hour, user_digest) SELECT * FROM seen ON CONFLICT DO NOTHING
"""
