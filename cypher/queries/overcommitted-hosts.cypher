// title: Hosts that give out more than they may
// about: The hosts whose servers take more of something than the host may give
//   out. With ratios of 1 these are the hosts that give out more than they
//   have. The model knows no allocation ratios: they are parameters, with
//   Nova's defaults (initial_cpu_allocation_ratio 4.0,
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
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: host: string -- Name of the hypervisor.
// column: instances: integer -- How many servers count.
// column: vcpus_taken: integer -- Virtual CPUs that its servers take.
// column: vcpus_limit: integer -- Virtual CPUs that it may give out.
// column: memory_taken_mb: integer -- Memory that they take, in MiB.
// column: memory_limit_mb: integer -- Memory that it may give out, in MiB.
// column: disk_taken_gb: integer -- Disk that they take, in GiB.
// column: disk_limit_gb: integer -- Disk that it may give out, in GiB.
MATCH (h:ComputeNode)
WHERE ($region IS NULL OR h.region = $region)
MATCH (h)<-[:HOSTED_ON|MIGRATING_TO]-(i:Instance)
WITH h, count(*) AS instances,
     sum(i.vcpus) AS vcpus_taken,
     sum(i.memory_mb) AS memory_taken,
     sum(i.ephemeral_gb + (i.swap_mb + 1023) / 1024
         + CASE WHEN coalesce(i.image_id, '') = '' THEN 0 ELSE i.disk_gb END)
       AS disk_taken
WITH h, instances, vcpus_taken, memory_taken AS memory_taken_mb,
     disk_taken AS disk_taken_gb,
     toInteger(floor(h.vcpus * $cpu_ratio)) AS vcpus_limit,
     toInteger(floor((h.memory_mb - $reserved_memory_mb) * $ram_ratio))
       AS memory_limit_mb,
     toInteger(floor(h.disk_gb * $disk_ratio)) AS disk_limit_gb
WHERE vcpus_taken > vcpus_limit OR memory_taken_mb > memory_limit_mb
  OR disk_taken_gb > disk_limit_gb
RETURN h.region AS region, h.hostname AS host, instances, vcpus_taken,
       vcpus_limit, memory_taken_mb, memory_limit_mb, disk_taken_gb,
       disk_limit_gb
ORDER BY region, host, h.id
