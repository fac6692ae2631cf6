// title: Hosts that are disabled or down
// about: The hosts that take no servers now, why, and how many they have.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: host: string -- Name of the hypervisor.
// column: state: string -- Whether its nova-compute reports: up or down.
// column: status: string -- Whether the scheduler may use it: enabled or
//   disabled.
// column: forced_down: boolean -- Whether an operator declared it down.
// column: reason: string -- Why it was disabled, if that was said.
// column: instances: integer -- How many servers it has.
MATCH (h:ComputeNode)
WHERE (h.state <> 'up' OR h.status <> 'enabled' OR h.forced_down)
  AND ($region IS NULL OR h.region = $region)
OPTIONAL MATCH (h)<-[:HOSTED_ON]-(i:Instance)
WITH h, count(i) AS instances
RETURN h.region AS region, h.hostname AS host, h.state AS state,
       h.status AS status, h.forced_down AS forced_down,
       h.disabled_reason AS reason, instances
ORDER BY instances DESC, region, host, h.id
