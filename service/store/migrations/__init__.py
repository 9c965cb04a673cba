"""How does an older data directory become today's? Alembic scripts, run when the store is opened."""
