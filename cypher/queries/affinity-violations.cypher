// title: Violations of affinity
// about: The groups that want their servers together, and have them on more
//   than one host.
// parameter: soft: boolean = false -- Whether groups of the soft policy are
//   told as well.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: group: string -- UUID of the group.
// column: name: string -- Name of the group.
// column: policy: string -- Policy of the group.
// column: instances: integer -- How many of its servers are on hosts.
// column: hosts: list of string -- Names of these hosts, sorted.
MATCH (g:ServerGroup)
WHERE (g.policy = 'affinity' OR $soft AND g.policy = 'soft-affinity')
  AND ($region IS NULL OR g.region = $region)
MATCH (g)<-[:MEMBER_OF]-(i:Instance)-[:HOSTED_ON]->(h:ComputeNode)
WITH g, h, count(*) AS there
ORDER BY h.hostname, h.id
WITH g, sum(there) AS instances, collect(h.hostname) AS hosts
WHERE size(hosts) > 1
RETURN g.region AS region, g.uuid AS group, g.name AS name,
       g.policy AS policy, instances, hosts
ORDER BY region, group
