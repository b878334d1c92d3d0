"""What Alembic runs for each command: the revisions, on the connection and in the transaction of `core.migration`."""

from alembic import context

__all__: list[str] = []

if __name__ == "env_py":  # Alembic's name for it; a plain import does nothing
    context.configure(connection=context.config.attributes["connection"])
    context.run_migrations()
