// title: Volumes whose pool is not known
// about: The volumes that name a pool that the model does not have, or none.
//   A volume has no pool as long as none was chosen for it, or if none could
//   be. Cinder shows no pool of a back end that is disabled or down; if its
//   state is null, the service itself is gone.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: volume: string -- UUID of the volume.
// column: name: string -- Name of the volume.
// column: project: string -- Project that owns the volume.
// column: status: string -- Its status.
// column: size_gb: integer -- Its size, in GiB.
// column: pool: string -- The pool that it names.
// column: backend_state: string -- Whether the cinder-volume of that pool
//   reports: up or down.
// column: backend_status: string -- Whether the scheduler may use that:
//   enabled or disabled.
MATCH (v:Volume)
WHERE v.status >= '' AND ($region IS NULL OR v.region = $region)
  AND NOT (v)-[:HOSTED_ON]->()
WITH v
ORDER BY v.region, v.uuid
LIMIT $limit
OPTIONAL MATCH (s:StorageNode {host: split(v.pool, '#')[0]})
WHERE s.region = v.region
RETURN v.region AS region, v.uuid AS volume, v.name AS name,
       v.project_id AS project, v.status AS status, v.size_gb AS size_gb,
       v.pool AS pool, s.state AS backend_state, s.status AS backend_status
ORDER BY region, volume
