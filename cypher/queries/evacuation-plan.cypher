// title: Where the instances of a host could go
// about: For each server of a host: how many hosts have room for it, and which
//   have the most memory free. These are hosts of the same zone, enabled and
//   up, that no anti-affinity group of the server forbids. Each server is
//   looked at alone: where many want one host, only the first may fit.
//   Aggregates, traits and affinity are not looked at. The model knows no
//   allocation ratios: they are parameters, with Nova's defaults
//   (initial_cpu_allocation_ratio 4.0, initial_ram_allocation_ratio and
//   initial_disk_allocation_ratio 1.0, reserved_host_memory_mb 512). What a
//   host gives out is what the servers on it take, and those on their way to
//   it.
// parameter: host: string -- Name of the hypervisor.
// parameter: cpu_ratio: float = 4.0 -- Virtual CPUs given out for each there
//   is; Nova's own default.
// parameter: ram_ratio: float = 1.0 -- Memory given out for what there is;
//   Nova's own default.
// parameter: disk_ratio: float = 1.0 -- Disk given out for what there is;
//   Nova's own default. A large one leaves disk out, as is right where hosts
//   share a pool.
// parameter: reserved_memory_mb: integer = 512 -- Memory that is kept for the
//   host itself; Nova's own default.
// parameter: most: integer = 5 -- How many hosts are named for each server.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: vcpus: integer -- Virtual CPUs of the server.
// column: memory_mb: integer -- Memory of the server, in MiB.
// column: disk_gb: integer -- Disk that it takes of a host, in GiB.
// column: locked: boolean -- Whether it must not be moved.
// column: candidates: integer -- How many hosts have room for it.
// column: hosts: list of string -- Names of the hosts with the most memory
//   free.
MATCH (own:ComputeNode {hostname: $host})
WHERE ($region IS NULL OR own.region = $region)
OPTIONAL MATCH
  (own)-[:IN_ZONE]->(:AvailabilityZone)<-[:IN_ZONE]-(h:ComputeNode)
WHERE h.id <> own.id
  AND h.state = 'up' AND h.status = 'enabled' AND NOT h.forced_down
OPTIONAL MATCH (h)<-[:HOSTED_ON|MIGRATING_TO]-(i:Instance)
WITH own, h,
     sum(i.vcpus) AS vcpus_taken,
     sum(i.memory_mb) AS memory_taken,
     sum(i.ephemeral_gb + (i.swap_mb + 1023) / 1024
         + CASE WHEN coalesce(i.image_id, '') = '' THEN 0 ELSE i.disk_gb END)
       AS disk_taken
WITH own, h,
     toInteger(floor(h.vcpus * $cpu_ratio)) - vcpus_taken AS vcpus_free,
     toInteger(floor((h.memory_mb - $reserved_memory_mb) * $ram_ratio))
       - memory_taken AS memory_free,
     toInteger(floor(h.disk_gb * $disk_ratio)) - disk_taken AS disk_free
ORDER BY memory_free DESC, h.hostname, h.id
WITH own, collect({
       id: h.id, name: h.hostname, vcpus: vcpus_free, memory: memory_free,
       disk: disk_free}) AS rooms
MATCH (own)<-[:HOSTED_ON]-(m:Instance)
OPTIONAL MATCH (m)-[:MEMBER_OF]->(g:ServerGroup {policy: 'anti-affinity'})
  <-[:MEMBER_OF]-(other:Instance)-[:HOSTED_ON|MIGRATING_TO]->(o:ComputeNode)
WHERE other.id <> m.id
WITH rooms, m, g, o, count(other) AS others
WITH rooms, m,
     collect(CASE
       WHEN g IS NULL THEN null
       WHEN others < coalesce(head([
         rule IN g.rules WHERE rule STARTS WITH 'max_server_per_host='
         | toInteger(split(rule, '=')[1])]), 1) THEN null
       ELSE o.id
     END) AS forbidden,
     m.ephemeral_gb + (m.swap_mb + 1023) / 1024
       + CASE WHEN coalesce(m.image_id, '') = '' THEN 0 ELSE m.disk_gb END
       AS disk_gb
WITH m, disk_gb,
     [room IN rooms
      WHERE room.vcpus >= m.vcpus AND room.memory >= m.memory_mb
        AND room.disk >= disk_gb AND NOT room.id IN forbidden
      | room.name] AS fitting
RETURN m.region AS region, m.uuid AS instance, m.name AS name,
       m.vcpus AS vcpus, m.memory_mb AS memory_mb, disk_gb,
       m.locked AS locked, size(fitting) AS candidates,
       fitting[..$most] AS hosts
ORDER BY candidates, region, instance
