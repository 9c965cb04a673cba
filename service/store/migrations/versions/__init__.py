"""Which steps lead from an empty file to the schema of today? One file each, in order of `down_revision`."""
