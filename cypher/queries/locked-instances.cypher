// title: Locked instances
// about: The servers that must not be moved, and why.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: reason: string -- Why it is locked, if that was said.
// column: host: string -- Name of the hypervisor.
MATCH (i:Instance)
WHERE i.locked AND ($region IS NULL OR i.region = $region)
WITH i
ORDER BY i.region, i.uuid
LIMIT $limit
OPTIONAL MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, i.locked_reason AS reason, h.hostname AS host
ORDER BY region, instance
