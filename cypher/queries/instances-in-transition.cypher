// title: Instances that something is being done to
// about: The servers that are not at rest; those that nothing happened to for
//   longest come first.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: updated_at: datetime -- When Nova last changed it.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: vm_state: string -- Its state.
// column: task_state: string -- What is being done to it.
// column: host: string -- Name of the hypervisor.
MATCH (i:Instance)
WHERE i.task_state >= '' AND ($region IS NULL OR i.region = $region)
RETURN datetime(i.updated_at) AS updated_at, i.region AS region,
       i.uuid AS instance, i.name AS name, i.vm_state AS vm_state,
       i.task_state AS task_state,
       head([(i)-[:HOSTED_ON]->(h:ComputeNode) | h.hostname]) AS host
ORDER BY updated_at, region, instance
LIMIT $limit
