// title: Hosts by hypervisor
// about: How many hosts run each type and version of hypervisor, and how many
//   servers these have.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: type: string -- Driver, such as QEMU.
// column: version: integer -- Version, as an integer.
// column: hosts: integer -- How many hosts.
// column: instances: integer -- How many servers they have.
MATCH (h:ComputeNode)
WHERE ($region IS NULL OR h.region = $region)
OPTIONAL MATCH (h)<-[:HOSTED_ON]-(i:Instance)
WITH h, count(i) AS there
WITH h.region AS region, h.hypervisor_type AS type,
     h.hypervisor_version AS version, count(*) AS hosts,
     sum(there) AS instances
RETURN region, type, version, hosts, instances
ORDER BY hosts DESC, region, type, version
