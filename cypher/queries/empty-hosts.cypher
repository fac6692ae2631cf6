// title: Hosts without instances
// about: The hosts that have no server, and that none is on its way to.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: host: string -- Name of the hypervisor.
// column: zone: string -- Zone of the host.
// column: state: string -- Whether its nova-compute reports: up or down.
// column: status: string -- Whether the scheduler may use it: enabled or
//   disabled.
// column: vcpus: integer -- Virtual CPUs of the host.
// column: memory_mb: integer -- Memory of the host, in MiB.
MATCH (h:ComputeNode)
WHERE ($region IS NULL OR h.region = $region)
  AND NOT (h)<-[:HOSTED_ON|MIGRATING_TO]-()
OPTIONAL MATCH (h)-[:IN_ZONE]->(z:AvailabilityZone)
RETURN h.region AS region, h.hostname AS host, z.name AS zone,
       h.state AS state, h.status AS status, h.vcpus AS vcpus,
       h.memory_mb AS memory_mb
ORDER BY region, host, h.id
