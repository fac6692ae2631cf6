// title: Volumes that no server uses
// about: The volumes that neither Nova nor Cinder says are attached, the
//   largest first.
// parameter: before: datetime = null -- Only those that were created before
//   this moment; if null, all.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: volume: string -- UUID of the volume.
// column: name: string -- Name of the volume.
// column: project: string -- Project that owns the volume.
// column: status: string -- Its status.
// column: size_gb: integer -- Its size, in GiB.
// column: volume_type: string -- Name of its type.
// column: pool: string -- Pool that holds it.
// column: snapshots: integer -- How many snapshots of it there are.
// column: created_at: datetime -- When it was created.
// column: updated_at: datetime -- When Cinder last changed it, such as when it
//   was detached.
MATCH (v:Volume)
WHERE v.status >= '' AND size(v.attached_to) = 0
  AND ($region IS NULL OR v.region = $region)
  AND ($before IS NULL OR v.created_at < $before)
  AND NOT (v)-[:ATTACHED_TO]->()
WITH v
ORDER BY v.size_gb DESC, v.region, v.uuid
LIMIT $limit
RETURN v.region AS region, v.uuid AS volume, v.name AS name,
       v.project_id AS project, v.status AS status, v.size_gb AS size_gb,
       v.volume_type AS volume_type, v.pool AS pool,
       size([(v)<-[:SNAPSHOT_OF]-(t:VolumeSnapshot) | t.id]) AS snapshots,
       datetime(v.created_at) AS created_at,
       datetime(v.updated_at) AS updated_at
ORDER BY size_gb DESC, region, volume
