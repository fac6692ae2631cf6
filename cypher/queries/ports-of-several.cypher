// title: Ports of several instances
// about: The MAC addresses that more than one server has: on one network that
//   is a fault.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: port: string -- MAC address of the port.
// column: count: integer -- How many servers have it.
// column: instances: list of string -- UUIDs of the servers, sorted.
MATCH (d:Port)-[:ATTACHED_TO]->(i:Instance)
WHERE ($region IS NULL OR d.region = $region)
WITH d, count(*) AS count
WHERE count > 1
MATCH (d)-[:ATTACHED_TO]->(i:Instance)
WITH d, count, i
ORDER BY i.uuid
RETURN d.region AS region, d.id AS port, count,
       collect(i.uuid) AS instances
ORDER BY count DESC, region, port
