// title: Snapshots by volume
// about: How many snapshots each volume has, those with the most first. As
//   long as it has one, a volume cannot be deleted.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: volume: string -- UUID of the volume.
// column: name: string -- Name of the volume.
// column: project: string -- Project that owns the volume.
// column: pool: string -- Pool that holds the volume.
// column: snapshots: integer -- How many snapshots of it there are.
// column: snapshots_gb: integer -- Size of these together, in GiB, as a quota
//   counts it; what they take is less.
// column: in_error: integer -- How many of them are in error.
// column: oldest: datetime -- When the first of them was created.
// column: newest: datetime -- When the last of them was created.
MATCH (v:Volume)<-[:SNAPSHOT_OF]-(t:VolumeSnapshot)
WHERE ($region IS NULL OR v.region = $region)
WITH v, count(*) AS snapshots, sum(t.size_gb) AS snapshots_gb,
     sum(CASE WHEN t.status STARTS WITH 'error' THEN 1 ELSE 0 END) AS in_error,
     min(t.created_at) AS oldest, max(t.created_at) AS newest
ORDER BY snapshots DESC, v.region, v.uuid
LIMIT $limit
RETURN v.region AS region, v.uuid AS volume, v.name AS name,
       v.project_id AS project, v.pool AS pool, snapshots, snapshots_gb,
       in_error, datetime(oldest) AS oldest, datetime(newest) AS newest
ORDER BY snapshots DESC, region, volume
