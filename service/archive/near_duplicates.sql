-- Which articles of an archive are near-duplicates? Candidates share a band key; each is then counted exactly.
-- Texts that are equal as they are matched are compared once. {flatten}, {common}, {size}: how DuckDB (unnest,
-- list_intersect, len) or Spark SQL (explode, array_intersect, size) calls these. {least}: the threshold.
WITH matchable AS (
  SELECT place, digest, bands, shingles, shingle_count FROM archive WHERE shingle_count >= {shingles}
),
earliest AS (
  SELECT digest, min(place) AS place FROM matchable GROUP BY digest
),
different AS (
  SELECT m.place, m.bands, m.shingles, m.shingle_count
  FROM matchable m JOIN earliest ON m.digest = earliest.digest AND m.place = earliest.place
),
band AS (
  SELECT place, {flatten}(bands) AS band_key FROM different
),
crowded AS (
  SELECT band_key FROM band GROUP BY band_key HAVING count(*) > 1
),
hit AS (
  SELECT band.place, band.band_key FROM band JOIN crowded ON band.band_key = crowded.band_key
),
candidate AS (
  SELECT DISTINCT x.place AS a, y.place AS b
  FROM hit x JOIN hit y ON x.band_key = y.band_key AND x.place < y.place
),
counted AS (
  SELECT c.a, c.b, {size}({common}(x.shingles, y.shingles)) AS shared, x.shingle_count + y.shingle_count AS total
  FROM candidate c JOIN different x ON x.place = c.a JOIN different y ON y.place = c.b
)
SELECT a, b, shared * 1.0 / (total - shared) AS jaccard FROM counted WHERE shared >= {least} * (total - shared)
UNION ALL
SELECT earliest.place AS a, m.place AS b, 1.0 AS jaccard
FROM matchable m JOIN earliest ON m.digest = earliest.digest WHERE m.place > earliest.place
