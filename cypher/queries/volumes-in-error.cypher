// title: Volumes in error
// about: The volumes whose status is error, or tells of what failed, such as
//   error_deleting.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: volume: string -- UUID of the volume.
// column: name: string -- Name of the volume.
// column: project: string -- Project that owns the volume.
// column: status: string -- Its status.
// column: size_gb: integer -- Its size, in GiB.
// column: pool: string -- Pool that holds it.
// column: instances: integer -- How many servers use it, as Nova says.
// column: updated_at: datetime -- When Cinder last changed it.
MATCH (v:Volume)
WHERE v.status STARTS WITH 'error'
  AND ($region IS NULL OR v.region = $region)
WITH v
ORDER BY v.region, v.uuid
LIMIT $limit
RETURN v.region AS region, v.uuid AS volume, v.name AS name,
       v.project_id AS project, v.status AS status, v.size_gb AS size_gb,
       v.pool AS pool,
       size([(v)-[:ATTACHED_TO]->(i:Instance) | i.id]) AS instances,
       datetime(v.updated_at) AS updated_at
ORDER BY region, volume
