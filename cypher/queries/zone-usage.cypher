// title: Use of the zones
// about: How many hosts and servers each zone has, what the hosts have without
//   overcommit, and what the servers on them take.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: zone: string -- Name of the zone.
// column: hosts: integer -- How many hosts are in it.
// column: available: integer -- How many of these are enabled and up.
// column: instances: integer -- How many servers are on them.
// column: vcpus: integer -- Virtual CPUs of the hosts.
// column: vcpus_taken: integer -- Virtual CPUs that the servers take.
// column: memory_mb: integer -- Memory of the hosts, in MiB.
// column: memory_taken_mb: integer -- Memory that the servers take, in MiB.
MATCH (x:AvailabilityZone)
WHERE ($region IS NULL OR x.region = $region)
OPTIONAL MATCH (x)<-[:IN_ZONE]-(h:ComputeNode)
OPTIONAL MATCH (h)<-[:HOSTED_ON]-(i:Instance)
WITH x, h, count(i) AS there, sum(i.vcpus) AS vcpus,
     sum(i.memory_mb) AS memory
WITH x, count(h) AS hosts, sum(there) AS instances,
     sum(CASE
       WHEN h.state = 'up' AND h.status = 'enabled' AND NOT h.forced_down
       THEN 1 ELSE 0
     END) AS available,
     sum(h.vcpus) AS vcpus, sum(vcpus) AS vcpus_taken,
     sum(h.memory_mb) AS memory_mb, sum(memory) AS memory_taken_mb
RETURN x.region AS region, x.name AS zone, hosts, available, instances,
       vcpus, vcpus_taken, memory_mb, memory_taken_mb
ORDER BY region, zone, x.id
