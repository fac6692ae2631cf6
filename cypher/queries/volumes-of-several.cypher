// title: Volumes of several instances
// about: The volumes that are attached to more than one server: multi-attach,
//   or a trace of a failed move.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: volume: string -- UUID of the volume.
// column: count: integer -- How many servers have it.
// column: instances: list of string -- UUIDs of the servers, sorted.
MATCH (d:Volume)-[:ATTACHED_TO]->(i:Instance)
WHERE ($region IS NULL OR d.region = $region)
WITH d, count(*) AS count
WHERE count > 1
MATCH (d)-[:ATTACHED_TO]->(i:Instance)
WITH d, count, i
ORDER BY i.uuid
RETURN d.region AS region, d.id AS volume, count,
       collect(i.uuid) AS instances
ORDER BY count DESC, region, volume
