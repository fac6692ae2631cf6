// title: How many more of a flavor fit on each host
// about: On which hosts servers of a flavor fit, and how many. Hosts count
//   that are enabled and up. Flavors that are disabled, or have no virtual CPU
//   or memory, are left out; extra specs, traits and aggregates are not looked
//   at. The model knows no allocation ratios: they are parameters, with Nova's
//   defaults (initial_cpu_allocation_ratio 4.0, initial_ram_allocation_ratio
//   and initial_disk_allocation_ratio 1.0, reserved_host_memory_mb 512). What
//   a host gives out is what the servers on it take, and those on their way to
//   it.
// parameter: flavor: string = null -- Name of the flavor; each if null.
// parameter: cpu_ratio: float = 4.0 -- Virtual CPUs given out for each there
//   is; Nova's own default.
// parameter: ram_ratio: float = 1.0 -- Memory given out for what there is;
//   Nova's own default.
// parameter: disk_ratio: float = 1.0 -- Disk given out for what there is;
//   Nova's own default. A large one leaves disk out, as is right where hosts
//   share a pool.
// parameter: reserved_memory_mb: integer = 512 -- Memory that is kept for the
//   host itself; Nova's own default.
// parameter: from_volume: boolean = false -- Whether they are to boot from
//   volumes, so that no root disk is taken.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: flavor: string -- Name of the flavor.
// column: host: string -- Name of the hypervisor.
// column: fits: integer -- How many more fit on the host.
// column: vcpus_free: integer -- Virtual CPUs that the host may still give
//   out.
// column: memory_free_mb: integer -- Memory that it may still give out, in
//   MiB.
// column: disk_free_gb: integer -- Disk that it may still give out, in GiB.
MATCH (h:ComputeNode)
WHERE h.state = 'up' AND h.status = 'enabled' AND NOT h.forced_down
  AND ($region IS NULL OR h.region = $region)
OPTIONAL MATCH (h)<-[:HOSTED_ON|MIGRATING_TO]-(i:Instance)
WITH h,
     sum(i.vcpus) AS vcpus_taken,
     sum(i.memory_mb) AS memory_taken,
     sum(i.ephemeral_gb + (i.swap_mb + 1023) / 1024
         + CASE WHEN coalesce(i.image_id, '') = '' THEN 0 ELSE i.disk_gb END)
       AS disk_taken
WITH h,
     toInteger(floor(h.vcpus * $cpu_ratio)) - vcpus_taken AS vcpus_free,
     toInteger(floor((h.memory_mb - $reserved_memory_mb) * $ram_ratio))
       - memory_taken AS memory_free,
     toInteger(floor(h.disk_gb * $disk_ratio)) - disk_taken AS disk_free
WITH h, CASE WHEN vcpus_free < 0 THEN 0 ELSE vcpus_free END AS vcpus_free,
     CASE WHEN memory_free < 0 THEN 0 ELSE memory_free END AS memory_free,
     CASE WHEN disk_free < 0 THEN 0 ELSE disk_free END AS disk_free
MATCH (f:Flavor {region: h.region})
WHERE f.vcpus > 0 AND f.memory_mb > 0 AND NOT f.disabled
  AND ($flavor IS NULL OR f.name = $flavor)
WITH h, f, vcpus_free, memory_free, disk_free,
     f.ephemeral_gb + (f.swap_mb + 1023) / 1024
       + CASE WHEN $from_volume THEN 0 ELSE f.disk_gb END AS disk_gb
WITH h, f, vcpus_free, memory_free, disk_free, disk_gb,
     CASE
       WHEN vcpus_free / f.vcpus < memory_free / f.memory_mb
       THEN vcpus_free / f.vcpus ELSE memory_free / f.memory_mb
     END AS fits
WITH h, f, vcpus_free, memory_free, disk_free,
     CASE
       WHEN disk_gb > 0 AND disk_free < fits * disk_gb
       THEN disk_free / disk_gb ELSE fits
     END AS fits
WHERE fits > 0
RETURN h.region AS region, f.name AS flavor, h.hostname AS host, fits,
       vcpus_free, memory_free AS memory_free_mb, disk_free AS disk_free_gb
ORDER BY region, flavor, fits DESC, host, h.id
LIMIT $limit
