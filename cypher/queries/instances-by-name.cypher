// title: Instances of a name
// about: The servers of a name, and where they are; names need not be unique.
// parameter: name: string -- Name of the server, as a whole.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: project: string -- Project that owns the server.
// column: vm_state: string -- Its state.
// column: host: string -- Name of the hypervisor.
// column: zone: string -- Zone of the host.
MATCH (i:Instance {name: $name})
WHERE ($region IS NULL OR i.region = $region)
OPTIONAL MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)
OPTIONAL MATCH (h)-[:IN_ZONE]->(z:AvailabilityZone)
RETURN i.region AS region, i.uuid AS instance, i.project_id AS project,
       i.vm_state AS vm_state, h.hostname AS host, z.name AS zone
ORDER BY region, instance
