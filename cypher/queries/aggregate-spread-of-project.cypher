// title: Aggregates of a project
// about: In which aggregates the servers of a project are; a server counts in
//   each aggregate of its host. Those in none are in the row without an
//   aggregate.
// parameter: project: string -- Identifier of the project.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: aggregate: string -- Name of the aggregate.
// column: hosts: integer -- How many hosts of the aggregate have servers of
//   the project.
// column: instances: integer -- How many servers of the project are there.
MATCH (p:Project {project_id: $project})<-[:OWNED_BY]-(i:Instance)
WHERE ($region IS NULL OR p.region = $region)
OPTIONAL MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)
OPTIONAL MATCH (h)-[:MEMBER_OF]->(a:HostAggregate)
WITH p.region AS region, a.id AS id, a.name AS aggregate,
     count(DISTINCT h.id) AS hosts, count(*) AS instances
RETURN region, aggregate, hosts, instances
ORDER BY instances DESC, region, aggregate, id
