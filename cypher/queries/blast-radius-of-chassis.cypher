// title: What the loss of a chassis touches
// about: How many servers, projects and server groups are touched if all bare
//   machines of a chassis fail. A group is lost if all of its servers that are
//   on hosts are there.
// parameter: chassis: string -- UUID of the chassis.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: chassis: string -- UUID of the chassis.
// column: hosts: integer -- How many hosts.
// column: instances: integer -- How many servers are on them.
// column: vcpus: integer -- Virtual CPUs of these.
// column: memory_mb: integer -- Memory of these, in MiB.
// column: projects: integer -- How many projects own them.
// column: server_groups: integer -- How many groups they are in.
// column: groups_lost: integer -- How many groups would be lost.
// column: project_ids: list of string -- Identifiers of the projects, sorted.
// column: group_ids: list of string -- UUIDs of the groups, sorted.
MATCH (x:Chassis {uuid: $chassis})
WHERE ($region IS NULL OR x.region = $region)
OPTIONAL MATCH (x)<-[:PART_OF]-(:BaremetalNode)<-[:BACKED_BY]-(h:ComputeNode)
WITH DISTINCT x, h
OPTIONAL MATCH (h)<-[:HOSTED_ON]-(i:Instance)
WITH x, count(DISTINCT h.id) AS hosts, count(i) AS instances,
     sum(i.vcpus) AS vcpus, sum(i.memory_mb) AS memory_mb
OPTIONAL MATCH (x)<-[:PART_OF]-(:BaremetalNode)<-[:BACKED_BY]-(:ComputeNode)
  <-[:HOSTED_ON]-(i:Instance)
WITH DISTINCT x, hosts, instances, vcpus, memory_mb, i.project_id AS project
ORDER BY project
WITH x, hosts, instances, vcpus, memory_mb, collect(project) AS project_ids
OPTIONAL MATCH (x)<-[:PART_OF]-(:BaremetalNode)<-[:BACKED_BY]-(:ComputeNode)
  <-[:HOSTED_ON]-(i:Instance)-[:MEMBER_OF]->(g:ServerGroup)
WITH x, hosts, instances, vcpus, memory_mb, project_ids, g,
     count(DISTINCT i.id) AS here
OPTIONAL MATCH (g)<-[:MEMBER_OF]-(:Instance)-[:HOSTED_ON]->(any:ComputeNode)
WITH x, hosts, instances, vcpus, memory_mb, project_ids, g, here,
     count(any) AS everywhere
ORDER BY g.uuid
WITH x, hosts, instances, vcpus, memory_mb, project_ids,
     collect(g.uuid) AS group_ids,
     sum(CASE WHEN here > 0 AND here = everywhere THEN 1 ELSE 0 END)
       AS groups_lost
RETURN x.region AS region, x.uuid AS chassis, hosts, instances, vcpus,
       memory_mb, size(project_ids) AS projects,
       size(group_ids) AS server_groups, groups_lost, project_ids, group_ids
ORDER BY region, chassis
