// title: Hosts that could take an instance
// about: The hosts with room for a server: of its zone, enabled, up, not its
//   own, and none that an anti-affinity group of it forbids. Aggregates,
//   traits and affinity are not looked at. The model knows no allocation
//   ratios: they are parameters, with Nova's defaults
//   (initial_cpu_allocation_ratio 4.0, initial_ram_allocation_ratio and
//   initial_disk_allocation_ratio 1.0, reserved_host_memory_mb 512). What a
//   host gives out is what the servers on it take, and those on their way to
//   it.
// parameter: instance: string -- UUID of the server.
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
// column: zone: string -- Zone of the host.
// column: vcpus_free: integer -- Virtual CPUs that the host may still give
//   out.
// column: memory_free_mb: integer -- Memory that it may still give out, in
//   MiB.
// column: disk_free_gb: integer -- Disk that it may still give out, in GiB.
MATCH (mine:Instance {uuid: $instance})-[:HOSTED_ON]->(own:ComputeNode)
WHERE ($region IS NULL OR mine.region = $region)
MATCH (own)-[:IN_ZONE]->(z:AvailabilityZone)<-[:IN_ZONE]-(h:ComputeNode)
WHERE h.id <> own.id
  AND h.state = 'up' AND h.status = 'enabled' AND NOT h.forced_down
OPTIONAL MATCH (h)<-[:HOSTED_ON|MIGRATING_TO]-(i:Instance)
WITH mine, z, h,
     sum(i.vcpus) AS vcpus_taken,
     sum(i.memory_mb) AS memory_taken,
     sum(i.ephemeral_gb + (i.swap_mb + 1023) / 1024
         + CASE WHEN coalesce(i.image_id, '') = '' THEN 0 ELSE i.disk_gb END)
       AS disk_taken
WITH mine, z, h,
     toInteger(floor(h.vcpus * $cpu_ratio)) - vcpus_taken AS vcpus_free,
     toInteger(floor((h.memory_mb - $reserved_memory_mb) * $ram_ratio))
       - memory_taken AS memory_free_mb,
     toInteger(floor(h.disk_gb * $disk_ratio)) - disk_taken AS disk_free_gb
WHERE mine.vcpus <= vcpus_free AND mine.memory_mb <= memory_free_mb
  AND mine.ephemeral_gb + (mine.swap_mb + 1023) / 1024
    + CASE WHEN coalesce(mine.image_id, '') = '' THEN 0 ELSE mine.disk_gb END
    <= disk_free_gb
OPTIONAL MATCH (mine)-[:MEMBER_OF]->(g:ServerGroup {policy: 'anti-affinity'})
  <-[:MEMBER_OF]-(other:Instance)-[:HOSTED_ON|MIGRATING_TO]->(h)
WITH z, h, vcpus_free, memory_free_mb, disk_free_gb, g, count(other) AS others
WITH z, h, vcpus_free, memory_free_mb, disk_free_gb,
     max(CASE
       WHEN g IS NULL THEN 0
       WHEN others < coalesce(head([
         rule IN g.rules WHERE rule STARTS WITH 'max_server_per_host='
         | toInteger(split(rule, '=')[1])]), 1) THEN 0
       ELSE 1
     END) AS forbidden
WHERE forbidden = 0
RETURN h.region AS region, h.hostname AS host, z.name AS zone, vcpus_free,
       memory_free_mb, disk_free_gb
ORDER BY vcpus_free DESC, memory_free_mb DESC, region, host, h.id
LIMIT $limit
