// title: Instances of a project
// about: The servers that a project owns, and where they are.
// parameter: project: string -- Identifier of the project.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: vm_state: string -- Its state.
// column: host: string -- Name of the hypervisor.
// column: vcpus: integer -- Virtual CPUs of the server.
// column: memory_mb: integer -- Memory of the server, in MiB.
MATCH (p:Project {project_id: $project})<-[:OWNED_BY]-(i:Instance)
WHERE ($region IS NULL OR p.region = $region)
OPTIONAL MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.vm_state AS vm_state, h.hostname AS host, i.vcpus AS vcpus,
       i.memory_mb AS memory_mb
ORDER BY region, instance
