// title: Instances of a host
// about: The servers that a hypervisor runs.
// parameter: host: string -- Name of the hypervisor.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: vm_state: string -- Its state.
// column: vcpus: integer -- Virtual CPUs of the server.
// column: memory_mb: integer -- Memory of the server, in MiB.
MATCH (h:ComputeNode {hostname: $host})<-[:HOSTED_ON]-(i:Instance)
WHERE ($region IS NULL OR h.region = $region)
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, i.vm_state AS vm_state, i.vcpus AS vcpus,
       i.memory_mb AS memory_mb
ORDER BY region, instance
