// title: Volumes that something is being done to
// about: The volumes that are on their way to another status, or to another
//   pool; those that nothing happened to for longest come first. One that
//   stays is stuck. Where a volume rests and where its migration ends is what
//   the collector goes by, but that one that is reserved can be told as well.
// parameter: reserved: boolean = false -- Whether volumes are told as well
//   that are reserved for a server; those of a shelved one stay so.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: updated_at: datetime -- When Cinder last changed it.
// column: region: string -- Region of the cloud.
// column: volume: string -- UUID of the volume.
// column: name: string -- Name of the volume.
// column: project: string -- Project that owns the volume.
// column: status: string -- Its status.
// column: migration_status: string -- How its migration goes, or went.
// column: size_gb: integer -- Its size, in GiB.
// column: pool: string -- Pool that holds it.
MATCH (v:Volume)
WHERE v.status >= '' AND ($region IS NULL OR v.region = $region)
  AND (NOT v.status IN [
      'available', 'in-use', 'error', 'reserved', 'maintenance',
      'awaiting-transfer', 'managing', 'deleted']
      AND NOT v.status STARTS WITH 'error'
    OR $reserved AND v.status = 'reserved'
    OR NOT coalesce(v.migration_status, '') IN ['', 'success', 'error'])
WITH v
ORDER BY v.updated_at, v.region, v.uuid
LIMIT $limit
RETURN datetime(v.updated_at) AS updated_at, v.region AS region,
       v.uuid AS volume, v.name AS name, v.project_id AS project,
       v.status AS status, v.migration_status AS migration_status,
       v.size_gb AS size_gb, v.pool AS pool
ORDER BY updated_at, region, volume
