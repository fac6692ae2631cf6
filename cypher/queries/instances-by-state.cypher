// title: Instances by state
// about: How many servers are in each state.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: vm_state: string -- Its state.
// column: power_state: string -- What the hypervisor reports.
// column: instances: integer -- How many servers.
MATCH (i:Instance)
WHERE ($region IS NULL OR i.region = $region)
WITH i.region AS region, i.vm_state AS vm_state,
     i.power_state AS power_state, count(*) AS instances
RETURN region, vm_state, power_state, instances
ORDER BY instances DESC, region, vm_state, power_state
