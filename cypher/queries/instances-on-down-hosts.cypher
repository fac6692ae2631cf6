// title: Instances on down hosts
// about: The servers of hosts that do not report, or that an operator declared
//   down.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: host: string -- Name of the hypervisor.
// column: forced_down: boolean -- Whether an operator declared it down.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: vm_state: string -- Its state.
MATCH (h:ComputeNode)
WHERE (h.state = 'down' OR h.forced_down)
  AND ($region IS NULL OR h.region = $region)
MATCH (h)<-[:HOSTED_ON]-(i:Instance)
RETURN h.region AS region, h.hostname AS host, h.forced_down AS forced_down,
       i.uuid AS instance, i.name AS name, i.project_id AS project,
       i.vm_state AS vm_state
ORDER BY region, host, instance
LIMIT $limit
