// title: Spread of the server groups
// about: Over how many hosts and zones the servers of each group are.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: group: string -- UUID of the group.
// column: name: string -- Name of the group.
// column: policy: string -- Policy of the group.
// column: instances: integer -- How many servers are in it.
// column: hosts: integer -- How many hosts have them.
// column: zones: integer -- How many zones have them.
// column: without_host: integer -- How many of them have no host.
MATCH (g:ServerGroup)
WHERE ($region IS NULL OR g.region = $region)
OPTIONAL MATCH (g)<-[:MEMBER_OF]-(i:Instance)
OPTIONAL MATCH
  (i)-[:HOSTED_ON]->(h:ComputeNode)-[:IN_ZONE]->(z:AvailabilityZone)
WITH g, count(i) AS instances, count(DISTINCT h.id) AS hosts,
     count(DISTINCT z.id) AS zones, count(i) - count(h) AS without_host
RETURN g.region AS region, g.uuid AS group, g.name AS name,
       g.policy AS policy, instances, hosts, zones, without_host
ORDER BY instances DESC, region, group
LIMIT $limit
