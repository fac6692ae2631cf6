// title: How many more of each flavor fit
// about: How many more servers of each flavor fit in all, on how many hosts,
//   and what fragmentation costs: how many would fit if what is free were on
//   one host. Hosts count that are enabled and up. Flavors that are disabled,
//   or have no virtual CPU or memory, are left out; extra specs, traits and
//   aggregates are not looked at. The model knows no allocation ratios: they
//   are parameters, with Nova's defaults (initial_cpu_allocation_ratio 4.0,
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
// parameter: from_volume: boolean = false -- Whether they are to boot from
//   volumes, so that no root disk is taken.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: flavor: string -- Name of the flavor.
// column: fits: integer -- How many more fit in all.
// column: hosts: integer -- How many hosts have room for one at least.
// column: most_on_one: integer -- How many fit on the host that takes the
//   most.
// column: fits_if_pooled: integer -- How many would fit if all that is free
//   were on one host.
// column: lost: integer -- How many do not fit because what is free is
//   scattered.
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
WITH f, vcpus_free, memory_free, disk_free,
     f.ephemeral_gb + (f.swap_mb + 1023) / 1024
       + CASE WHEN $from_volume THEN 0 ELSE f.disk_gb END AS disk_gb
WITH f, vcpus_free, memory_free, disk_free, disk_gb,
     CASE
       WHEN vcpus_free / f.vcpus < memory_free / f.memory_mb
       THEN vcpus_free / f.vcpus ELSE memory_free / f.memory_mb
     END AS fits
WITH f, vcpus_free, memory_free, disk_free, disk_gb,
     CASE
       WHEN disk_gb > 0 AND disk_free < fits * disk_gb
       THEN disk_free / disk_gb ELSE fits
     END AS fits
WITH f, disk_gb, sum(fits) AS fits, max(fits) AS most_on_one,
     sum(CASE WHEN fits > 0 THEN 1 ELSE 0 END) AS hosts,
     sum(vcpus_free) / f.vcpus AS by_vcpus,
     sum(memory_free) / f.memory_mb AS by_memory, sum(disk_free) AS disk_free
WITH f, disk_gb, fits, most_on_one, hosts, disk_free,
     CASE WHEN by_vcpus < by_memory THEN by_vcpus ELSE by_memory END AS pooled
WITH f, fits, most_on_one, hosts,
     CASE
       WHEN disk_gb > 0 AND disk_free < pooled * disk_gb
       THEN disk_free / disk_gb ELSE pooled
     END AS pooled
RETURN f.region AS region, f.name AS flavor, fits, hosts, most_on_one,
       pooled AS fits_if_pooled, pooled - fits AS lost
ORDER BY region, flavor
