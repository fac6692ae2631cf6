// title: Hosts whose use Nova counts otherwise
// about: The hosts where what Nova said is used is not what the servers of the
//   model take together. Memory is compared without what is kept for the host
//   itself. A host that is read seldom lags behind; one that stays different
//   has servers that the model does not see, or claims that are left over.
// parameter: reserved_memory_mb: integer = 512 -- Memory that is kept for the
//   host itself; Nova's own default, and Nova counts it as used.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: host: string -- Name of the hypervisor.
// column: vcpus_nova: integer -- Virtual CPUs in use, by Nova.
// column: vcpus_taken: integer -- Virtual CPUs that its servers take.
// column: memory_nova_mb: integer -- Memory in use, by Nova, without what is
//   kept, in MiB.
// column: memory_taken_mb: integer -- Memory that its servers take, in MiB.
MATCH (h:ComputeNode)
WHERE ($region IS NULL OR h.region = $region)
OPTIONAL MATCH (h)<-[:HOSTED_ON]-(i:Instance)
WITH h, h.memory_mb_used - $reserved_memory_mb AS memory_nova_mb,
     sum(i.vcpus) AS vcpus_taken, sum(i.memory_mb) AS memory_taken_mb
WHERE h.vcpus_used <> vcpus_taken OR memory_nova_mb <> memory_taken_mb
RETURN h.region AS region, h.hostname AS host, h.vcpus_used AS vcpus_nova,
       vcpus_taken, memory_nova_mb, memory_taken_mb
ORDER BY region, host, h.id
