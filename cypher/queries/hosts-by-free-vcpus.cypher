// title: Hosts by free virtual CPUs
// about: The hosts that are enabled and up, those with the most free virtual
//   CPUs first. The model knows no allocation ratios: they are parameters,
//   with Nova's defaults (initial_cpu_allocation_ratio 4.0,
//   initial_ram_allocation_ratio and initial_disk_allocation_ratio 1.0,
//   reserved_host_memory_mb 512). What a host gives out is what the servers on
//   it take, and those on their way to it.
// parameter: cpu_ratio: float = 4.0 -- Virtual CPUs given out for each there
//   is; Nova's own default.
// parameter: ram_ratio: float = 1.0 -- Memory given out for what there is;
//   Nova's own default.
// parameter: disk_ratio: float = 1.0 -- Disk given out for what there is;
//   Nova's own default. A large one leaves disk out, as is right where hosts
//   share a pool.
// parameter: reserved_memory_mb: integer = 512 -- Memory that is kept for the
//   host itself; Nova's own default.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: host: string -- Name of the hypervisor.
// column: instances: integer -- How many servers count.
// column: vcpus_free: integer -- Virtual CPUs that it may still give out;
//   below 0 if it gave out too many.
// column: memory_free_mb: integer -- Memory that it may still give out, in
//   MiB.
// column: disk_free_gb: integer -- Disk that it may still give out, in GiB.
MATCH (h:ComputeNode)
WHERE h.state = 'up' AND h.status = 'enabled' AND NOT h.forced_down
  AND ($region IS NULL OR h.region = $region)
OPTIONAL MATCH (h)<-[:HOSTED_ON|MIGRATING_TO]-(i:Instance)
WITH h, count(i) AS instances,
     sum(i.vcpus) AS vcpus_taken,
     sum(i.memory_mb) AS memory_taken,
     sum(i.ephemeral_gb + (i.swap_mb + 1023) / 1024
         + CASE WHEN coalesce(i.image_id, '') = '' THEN 0 ELSE i.disk_gb END)
       AS disk_taken
RETURN h.region AS region, h.hostname AS host, instances,
       toInteger(floor(h.vcpus * $cpu_ratio)) - vcpus_taken AS vcpus_free,
       toInteger(floor((h.memory_mb - $reserved_memory_mb) * $ram_ratio))
         - memory_taken AS memory_free_mb,
       toInteger(floor(h.disk_gb * $disk_ratio)) - disk_taken AS disk_free_gb
ORDER BY vcpus_free DESC, region, host, h.id
LIMIT $limit
