// title: Neighbours of an instance
// about: The servers that share the host of a server.
// parameter: instance: string -- UUID of the server.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: host: string -- Name of the hypervisor.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: same_project: boolean -- Whether one project owns both.
// column: vcpus: integer -- Virtual CPUs of the server.
// column: memory_mb: integer -- Memory of the server, in MiB.
MATCH (mine:Instance {uuid: $instance})-[:HOSTED_ON]->(h:ComputeNode)
WHERE ($region IS NULL OR mine.region = $region)
MATCH (h)<-[:HOSTED_ON]-(i:Instance)
WHERE i.uuid <> $instance
RETURN h.region AS region, h.hostname AS host, i.uuid AS instance,
       i.name AS name, i.project_id AS project,
       coalesce(i.project_id = mine.project_id, false) AS same_project,
       i.vcpus AS vcpus, i.memory_mb AS memory_mb
ORDER BY region, instance
