// title: Violations of anti-affinity
// about: The groups that want their servers apart, and the hosts that have
//   more of them than the group allows: one, or what its rule
//   max_server_per_host says.
// parameter: soft: boolean = false -- Whether groups of the soft policy are
//   told as well.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: group: string -- UUID of the group.
// column: name: string -- Name of the group.
// column: policy: string -- Policy of the group.
// column: host: string -- Name of the hypervisor.
// column: allowed: integer -- How many servers of the group a host may have.
// column: count: integer -- How many it has.
// column: instances: list of string -- UUIDs of these servers, sorted.
MATCH (g:ServerGroup)
WHERE (g.policy = 'anti-affinity'
    OR $soft AND g.policy = 'soft-anti-affinity')
  AND ($region IS NULL OR g.region = $region)
MATCH (g)<-[:MEMBER_OF]-(i:Instance)-[:HOSTED_ON]->(h:ComputeNode)
WITH g, h, i
ORDER BY i.uuid
WITH g, h, collect(i.uuid) AS instances,
     coalesce(head([
       rule IN g.rules WHERE rule STARTS WITH 'max_server_per_host='
       | toInteger(split(rule, '=')[1])]), 1) AS allowed
WHERE size(instances) > allowed
RETURN g.region AS region, g.uuid AS group, g.name AS name,
       g.policy AS policy, h.hostname AS host, allowed,
       size(instances) AS count, instances
ORDER BY region, group, host, h.id
