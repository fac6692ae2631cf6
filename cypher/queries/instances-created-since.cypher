// title: Instances created since a moment
// about: The newest servers first.
// parameter: since: datetime -- The moment.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: created_at: datetime -- When it was created.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: vm_state: string -- Its state.
MATCH (i:Instance)
WHERE i.created_at >= $since AND ($region IS NULL OR i.region = $region)
WITH i
ORDER BY i.created_at DESC, i.region, i.uuid
LIMIT $limit
RETURN datetime(i.created_at) AS created_at, i.region AS region,
       i.uuid AS instance, i.name AS name, i.project_id AS project,
       i.vm_state AS vm_state
ORDER BY created_at DESC, region, instance
