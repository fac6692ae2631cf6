// title: Hosts without an aggregate
// about: The hosts that are in no aggregate; they are in the default zone.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: host: string -- Name of the hypervisor.
// column: service_host: string -- Host of its nova-compute service.
// column: zone: string -- Zone of the host.
MATCH (h:ComputeNode)
WHERE ($region IS NULL OR h.region = $region) AND NOT (h)-[:MEMBER_OF]->()
OPTIONAL MATCH (h)-[:IN_ZONE]->(z:AvailabilityZone)
RETURN h.region AS region, h.hostname AS host,
       h.service_host AS service_host, z.name AS zone
ORDER BY region, host, h.id
