// title: Hosts of a project
// about: On which hosts the servers of a project are; the hosts with the most
//   of them come first.
// parameter: project: string -- Identifier of the project.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: host: string -- Name of the hypervisor.
// column: zone: string -- Zone of the host.
// column: instances: integer -- How many servers of the project are there.
// column: vcpus: integer -- Virtual CPUs of these.
MATCH (p:Project {project_id: $project})<-[:OWNED_BY]-(i:Instance)
WHERE ($region IS NULL OR p.region = $region)
MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)
WITH h, count(*) AS instances, sum(i.vcpus) AS vcpus
OPTIONAL MATCH (h)-[:IN_ZONE]->(z:AvailabilityZone)
RETURN h.region AS region, h.hostname AS host, z.name AS zone, instances,
       vcpus
ORDER BY instances DESC, region, host, h.id
LIMIT $limit
