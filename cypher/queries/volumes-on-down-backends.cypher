// title: Volumes on back ends that are down
// about: The volumes of back ends that do not report. They are found by the
//   name of their pool, for the pools of a back end that is away need not be
//   known.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: pool: string -- Name of the pool.
// column: volume: string -- UUID of the volume.
// column: name: string -- Name of the volume.
// column: project: string -- Project that owns the volume.
// column: status: string -- Its status.
// column: size_gb: integer -- Its size, in GiB.
// column: instances: integer -- How many servers use it, as Nova says.
MATCH (s:StorageNode)
WHERE s.state = 'down' AND ($region IS NULL OR s.region = $region)
MATCH (v:Volume)
WHERE v.region = s.region
  AND (v.pool = s.host OR v.pool STARTS WITH s.host + '#')
WITH v
ORDER BY v.region, v.pool, v.uuid
LIMIT $limit
RETURN v.region AS region, v.pool AS pool, v.uuid AS volume, v.name AS name,
       v.project_id AS project, v.status AS status, v.size_gb AS size_gb,
       size([(v)-[:ATTACHED_TO]->(i:Instance) | i.id]) AS instances
ORDER BY region, pool, volume
