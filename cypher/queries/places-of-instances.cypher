// title: Where some instances are
// about: Host and zone of each server of a list; a server that is not known
//   has no row.
// parameter: instances: list of string -- UUIDs of the servers.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: host: string -- Name of the hypervisor.
// column: zone: string -- Zone of the host.
UNWIND $instances AS wanted
WITH DISTINCT wanted
MATCH (i:Instance {uuid: wanted})
WHERE ($region IS NULL OR i.region = $region)
OPTIONAL MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)
OPTIONAL MATCH (h)-[:IN_ZONE]->(z:AvailabilityZone)
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       h.hostname AS host, z.name AS zone
ORDER BY region, instance
