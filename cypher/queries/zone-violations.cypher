// title: Violations of zones
// about: The servers that are pinned to a zone and are in another one, such as
//   after an evacuation by force. A server is pinned to the zone that it was
//   asked for in; Nova tells that from 2.96 on.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: pinned_zone: string -- The zone that it must not leave.
// column: zone: string -- The zone that it is in.
// column: host: string -- Name of the hypervisor.
MATCH (i:Instance)
WHERE i.pinned_availability_zone IS NOT NULL
  AND ($region IS NULL OR i.region = $region)
MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)-[:IN_ZONE]->(z:AvailabilityZone)
WHERE z.name <> i.pinned_availability_zone
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, i.pinned_availability_zone AS pinned_zone,
       z.name AS zone, h.hostname AS host
ORDER BY region, instance
LIMIT $limit
