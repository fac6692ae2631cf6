// title: Instances on hosts that are not known
// about: The servers that say they are on a host or a hypervisor that the
//   model does not have: orphans, or a list that was read in part.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: node: string -- Name of the hypervisor, as the server has it.
// column: service_host: string -- Host of the nova-compute service, as the
//   server has it.
MATCH (i:Instance)
WHERE (i.node IS NOT NULL OR i.host IS NOT NULL)
  AND ($region IS NULL OR i.region = $region)
  AND NOT (i)-[:HOSTED_ON]->()
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, i.node AS node, i.host AS service_host
ORDER BY region, instance
LIMIT $limit
