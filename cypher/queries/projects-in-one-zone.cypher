// title: Projects that are in one zone
// about: The projects with several servers, all of which are in one zone,
//   though the region has more of compute nodes.
// parameter: least: integer = 2 -- How many servers a project has to have.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: project: string -- Identifier of the project.
// column: zone: string -- The one zone.
// column: hosts: integer -- How many hosts have servers of it.
// column: instances: integer -- How many servers it has on hosts.
MATCH (z:AvailabilityZone)<-[:IN_ZONE]-(:ComputeNode)
WHERE ($region IS NULL OR z.region = $region)
WITH z.region AS region, count(DISTINCT z.id) AS zones
WHERE zones > 1
MATCH (z:AvailabilityZone {region: region})<-[:IN_ZONE]-(h:ComputeNode)
MATCH (h)<-[:HOSTED_ON]-(i:Instance)
WHERE i.project_id IS NOT NULL
WITH region, z.name AS zone, i.project_id AS project,
     count(DISTINCT h.id) AS hosts, count(*) AS there
WITH region, project, min(zone) AS zone, max(zone) AS other,
     sum(hosts) AS hosts, sum(there) AS instances
WHERE zone = other AND instances >= $least
RETURN region, project, zone, hosts, instances
ORDER BY instances DESC, region, project
