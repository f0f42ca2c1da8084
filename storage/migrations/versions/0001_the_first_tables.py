"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_table(
        "ledger_transaction",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transaction")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_transaction_key")),
    )
    op.create_table(
        "mailed_code",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("tries_left", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_code")),
        sa.UniqueConstraint("purpose", "email_key", name=op.f("uq_mailed_code_purpose_email_key")),
    )
    with op.batch_alter_table("mailed_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailed_code_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_mailed_code_secret_hash"), ["secret_hash"], unique=False)

    op.create_table(
        "account_voice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tts_row_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("engine", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_voice_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_voice")),
        sa.UniqueConstraint(
            "account_id", "tts_row_id", "name", name=op.f("uq_account_voice_account_id_tts_row_id_name")
        ),
    )
    with op.batch_alter_table("account_voice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_voice_account_id"), ["account_id"], unique=False)

    op.create_table(
        "agent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_agent_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
    )
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_account_id"), ["account_id"], unique=False)

    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_key_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_account_id"), ["account_id"], unique=False)

    op.create_table(
        "call_intent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("line_id", sa.String(length=36), nullable=False),
        sa.Column("to_number", sa.String(length=20), nullable=False),
        sa.Column("target_kind", sa.String(length=20), nullable=False),
        sa.Column("target_id", sa.String(length=200), nullable=False),
        sa.Column("target_version_id", sa.String(length=36), nullable=True),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("machine_policy", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("introduction", sa.Text(), nullable=False),
        sa.Column("ring_timeout_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("carrier_call", sa.String(length=100), nullable=True),
        sa.Column("answered_by", sa.String(length=24), nullable=True),
        sa.Column("error", sa.String(length=64), nullable=True),
        sa.Column("recording", sa.String(length=100), nullable=True),
        sa.Column("dialled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_call_intent_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_intent")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_call_intent_account_id_key")),
    )
    with op.batch_alter_table("call_intent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_intent_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_call_intent_account_id_dialled_at"), ["account_id", "dialled_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_call_intent_account_id_lease_until"), ["account_id", "lease_until"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_call_intent_carrier_call"), ["carrier_call"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_intent_line_id"), ["line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_intent_next_look_at"), ["next_look_at"], unique=False)

    op.create_table(
        "call_meter",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rate_microcents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_tick_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("elapsed_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("captured", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("held", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("postings", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_call_meter_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_meter")),
    )
    with op.batch_alter_table("call_meter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_meter_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_call_meter_ended_at_last_tick_at"), ["ended_at", "last_tick_at"], unique=False
        )

    op.create_table(
        "call_record",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("agent_id", sa.String(length=36), nullable=True),
        sa.Column("flow_id", sa.String(length=200), nullable=False),
        sa.Column("transport", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("end_reason", sa.String(length=64), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_call_record_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_record")),
    )
    with op.batch_alter_table("call_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_record_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_call_record_account_id_started_at"), ["account_id", "started_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_call_record_agent_id"), ["agent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_record_session_id"), ["session_id"], unique=False)

    op.create_table(
        "calling_rule",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("regions", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("opens_min", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closes_min", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_calls", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_calls", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_per_minute", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_per_minute", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("daily_cap_microcents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_calling_rule_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calling_rule")),
        sa.UniqueConstraint("account_id", name=op.f("uq_calling_rule_account_id")),
    )
    with op.batch_alter_table("calling_rule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calling_rule_account_id"), ["account_id"], unique=False)

    op.create_table(
        "do_not_call",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_do_not_call_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_call")),
        sa.UniqueConstraint("account_id", "number", name=op.f("uq_do_not_call_account_id_number")),
    )
    with op.batch_alter_table("do_not_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_do_not_call_account_id"), ["account_id"], unique=False)

    op.create_table(
        "feature_flags",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_feature_flags_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_feature_flags")),
    )
    op.create_table(
        "flow",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_flow_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow")),
    )
    with op.batch_alter_table("flow", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flow_account_id"), ["account_id"], unique=False)

    op.create_table(
        "hook_endpoint",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_hook_endpoint_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_endpoint")),
    )
    with op.batch_alter_table("hook_endpoint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hook_endpoint_account_id"), ["account_id"], unique=False)

    op.create_table(
        "ledger_account",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("balance", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("floor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("balance >= floor", name=op.f("ck_ledger_account_floor")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_ledger_account_account_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
    )
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_account_account_id"), ["account_id"], unique=False)

    op.create_table(
        "media_ticket",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("line_id", sa.String(length=36), nullable=True),
        sa.Column("carrier_call", sa.String(length=100), nullable=True),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_media_ticket_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_media_ticket")),
    )
    with op.batch_alter_table("media_ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_ticket_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_media_ticket_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "phone_line",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("sealed_credentials", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("target_kind", sa.String(length=20), nullable=True),
        sa.Column("target_id", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("target_kind IN ('flow', 'agent', 'workflow')", name=op.f("ck_phone_line_known_target")),
        sa.CheckConstraint("(target_kind IS NULL) = (target_id IS NULL)", name=op.f("ck_phone_line_one_target")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_phone_line_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_line")),
        sa.UniqueConstraint("account_id", "number", name=op.f("uq_phone_line_account_id_number")),
    )
    with op.batch_alter_table("phone_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_line_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phone_line_number"), ["number"], unique=False)

    op.create_table(
        "provider_choice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("provider", sa.String(length=50), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=True),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("voice", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_provider_choice_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_choice")),
        sa.UniqueConstraint("account_id", "kind", name=op.f("uq_provider_choice_account_id_kind")),
    )
    with op.batch_alter_table("provider_choice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_choice_account_id"), ["account_id"], unique=False)

    op.create_table(
        "revoked_token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_revoked_token_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revoked_token")),
    )
    with op.batch_alter_table("revoked_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revoked_token_account_id"), ["account_id"], unique=False)

    op.create_table(
        "user",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("tokens_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_user_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email_key", name=op.f("uq_user_email_key")),
    )
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_account_id"), ["account_id"], unique=False)

    op.create_table(
        "voice_session",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("token_prefix", sa.String(length=8), nullable=False),
        sa.Column("flow_name", sa.String(length=200), nullable=True),
        sa.Column("flow_version_id", sa.String(length=36), nullable=True),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("call_id", sa.String(length=36), nullable=True),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_voice_session_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_voice_session_token_hash")),
    )
    with op.batch_alter_table("voice_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_voice_session_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_voice_session_account_id_created_at"), ["account_id", "created_at"], unique=False
        )

    op.create_table(
        "agent_hook",
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_agent_hook_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_hook_agent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_hook")),
    )
    with op.batch_alter_table("agent_hook", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_hook_account_id"), ["account_id"], unique=False)

    op.create_table(
        "agent_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_agent_version_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_version_agent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_version")),
        sa.UniqueConstraint("agent_id", "number", name=op.f("uq_agent_version_agent_id_number")),
    )
    with op.batch_alter_table("agent_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_version_account_id"), ["account_id"], unique=False)

    op.create_table(
        "api_key_path",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("allowed_path_prefix", sa.String(length=300), nullable=False),
        sa.Column("allowed_method", sa.String(length=8), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_api_key_path_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_api_key_path_key_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key_path")),
    )
    with op.batch_alter_table("api_key_path", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_path_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_api_key_path_key_id"), ["key_id"], unique=False)

    op.create_table(
        "flow_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("flow_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_flow_version_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], name=op.f("fk_flow_version_flow_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_version")),
        sa.UniqueConstraint("flow_id", "number", name=op.f("uq_flow_version_flow_id_number")),
    )
    with op.batch_alter_table("flow_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flow_version_account_id"), ["account_id"], unique=False)

    op.create_table(
        "hook_delivery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("endpoint_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_hook_delivery_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["hook_endpoint.id"], name=op.f("fk_hook_delivery_endpoint_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_delivery")),
    )
    with op.batch_alter_table("hook_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hook_delivery_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_hook_delivery_endpoint_id_subject_id"), ["endpoint_id", "subject", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_hook_delivery_next_attempt_at"), ["next_attempt_at"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("transaction_id", sa.String(length=36), nullable=False),
        sa.Column("ledger_account_id", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_account_id"],
            ["ledger_account.id"],
            name=op.f("fk_ledger_entry_ledger_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name=op.f("fk_ledger_entry_transaction_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ledger_entry_ledger_account_id_transaction_id"),
            ["ledger_account_id", "transaction_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_ledger_entry_transaction_id"), ["transaction_id"], unique=False)

    op.create_table(
        "oauth_identity",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_oauth_identity_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_oauth_identity_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_identity")),
        sa.UniqueConstraint("provider", "subject", name=op.f("uq_oauth_identity_provider_subject")),
    )
    with op.batch_alter_table("oauth_identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_oauth_identity_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_oauth_identity_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("oauth_identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oauth_identity_user_id"))
        batch_op.drop_index(batch_op.f("ix_oauth_identity_account_id"))

    op.drop_table("oauth_identity")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_entry_transaction_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_ledger_account_id_transaction_id"))

    op.drop_table("ledger_entry")
    with op.batch_alter_table("hook_delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hook_delivery_next_attempt_at"))
        batch_op.drop_index(batch_op.f("ix_hook_delivery_endpoint_id_subject_id"))
        batch_op.drop_index(batch_op.f("ix_hook_delivery_account_id"))

    op.drop_table("hook_delivery")
    with op.batch_alter_table("flow_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_flow_version_account_id"))

    op.drop_table("flow_version")
    with op.batch_alter_table("api_key_path", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_key_path_key_id"))
        batch_op.drop_index(batch_op.f("ix_api_key_path_account_id"))

    op.drop_table("api_key_path")
    with op.batch_alter_table("agent_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_version_account_id"))

    op.drop_table("agent_version")
    with op.batch_alter_table("agent_hook", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_hook_account_id"))

    op.drop_table("agent_hook")
    with op.batch_alter_table("voice_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_voice_session_account_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_voice_session_account_id"))

    op.drop_table("voice_session")
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_account_id"))

    op.drop_table("user")
    with op.batch_alter_table("revoked_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revoked_token_account_id"))

    op.drop_table("revoked_token")
    with op.batch_alter_table("provider_choice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_provider_choice_account_id"))

    op.drop_table("provider_choice")
    with op.batch_alter_table("phone_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_phone_line_number"))
        batch_op.drop_index(batch_op.f("ix_phone_line_account_id"))

    op.drop_table("phone_line")
    with op.batch_alter_table("media_ticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_media_ticket_expires_at"))
        batch_op.drop_index(batch_op.f("ix_media_ticket_account_id"))

    op.drop_table("media_ticket")
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_account_account_id"))

    op.drop_table("ledger_account")
    with op.batch_alter_table("hook_endpoint", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hook_endpoint_account_id"))

    op.drop_table("hook_endpoint")
    with op.batch_alter_table("flow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_flow_account_id"))

    op.drop_table("flow")
    op.drop_table("feature_flags")
    with op.batch_alter_table("do_not_call", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_do_not_call_account_id"))

    op.drop_table("do_not_call")
    with op.batch_alter_table("calling_rule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calling_rule_account_id"))

    op.drop_table("calling_rule")
    with op.batch_alter_table("call_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_record_session_id"))
        batch_op.drop_index(batch_op.f("ix_call_record_agent_id"))
        batch_op.drop_index(batch_op.f("ix_call_record_account_id_started_at"))
        batch_op.drop_index(batch_op.f("ix_call_record_account_id"))

    op.drop_table("call_record")
    with op.batch_alter_table("call_meter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_meter_ended_at_last_tick_at"))
        batch_op.drop_index(batch_op.f("ix_call_meter_account_id"))

    op.drop_table("call_meter")
    with op.batch_alter_table("call_intent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_intent_next_look_at"))
        batch_op.drop_index(batch_op.f("ix_call_intent_line_id"))
        batch_op.drop_index(batch_op.f("ix_call_intent_carrier_call"))
        batch_op.drop_index(batch_op.f("ix_call_intent_account_id_lease_until"))
        batch_op.drop_index(batch_op.f("ix_call_intent_account_id_dialled_at"))
        batch_op.drop_index(batch_op.f("ix_call_intent_account_id"))

    op.drop_table("call_intent")
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_key_account_id"))

    op.drop_table("api_key")
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_account_id"))

    op.drop_table("agent")
    with op.batch_alter_table("account_voice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_voice_account_id"))

    op.drop_table("account_voice")
    with op.batch_alter_table("mailed_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mailed_code_secret_hash"))
        batch_op.drop_index(batch_op.f("ix_mailed_code_expires_at"))

    op.drop_table("mailed_code")
    op.drop_table("ledger_transaction")
    op.drop_table("account")
