// title: Projects with the most virtual CPUs
// about: What the servers of each project take together; the largest projects
//   come first.
// parameter: limit: integer = 20 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: project: string -- Identifier of the project.
// column: instances: integer -- How many servers it owns.
// column: vcpus: integer -- Virtual CPUs of these.
// column: memory_mb: integer -- Memory of these, in MiB.
MATCH (p:Project)<-[:OWNED_BY]-(i:Instance)
WHERE ($region IS NULL OR p.region = $region)
WITH p, count(*) AS instances, sum(i.vcpus) AS vcpus,
     sum(i.memory_mb) AS memory_mb
RETURN p.region AS region, p.project_id AS project, instances, vcpus,
       memory_mb
ORDER BY vcpus DESC, region, project
LIMIT $limit
