// title: Instances in error
// about: The servers whose state is error.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: host: string -- Name of the hypervisor.
// column: updated_at: datetime -- When Nova last changed it.
MATCH (i:Instance)
WHERE i.vm_state = 'error' AND ($region IS NULL OR i.region = $region)
WITH i
ORDER BY i.region, i.uuid
LIMIT $limit
OPTIONAL MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, h.hostname AS host,
       datetime(i.updated_at) AS updated_at
ORDER BY region, instance
