// title: Zones of a project
// about: In which zones the servers of a project are. Those without a host are
//   in the row without a zone.
// parameter: project: string -- Identifier of the project.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: zone: string -- Name of the zone.
// column: hosts: integer -- How many hosts of the zone have servers of the
//   project.
// column: instances: integer -- How many servers of the project are there.
// column: vcpus: integer -- Virtual CPUs of these.
// column: memory_mb: integer -- Memory of these, in MiB.
MATCH (p:Project {project_id: $project})<-[:OWNED_BY]-(i:Instance)
WHERE ($region IS NULL OR p.region = $region)
OPTIONAL MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)
OPTIONAL MATCH (h)-[:IN_ZONE]->(z:AvailabilityZone)
WITH p.region AS region, z.name AS zone, count(DISTINCT h.id) AS hosts,
     count(*) AS instances, sum(i.vcpus) AS vcpus,
     sum(i.memory_mb) AS memory_mb
RETURN region, zone, hosts, instances, vcpus, memory_mb
ORDER BY instances DESC, region, zone
