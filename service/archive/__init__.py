"""How are archives searched that no window holds? Band keys in a Parquet file, grouped by DuckDB or Spark."""
