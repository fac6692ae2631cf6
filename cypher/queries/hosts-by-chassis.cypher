// title: Hosts by chassis
// about: The bare machines of each chassis, how many of them are free, in
//   maintenance or have a fault, and the compute nodes that they are.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: chassis: string -- UUID of the chassis.
// column: description: string -- What the chassis is.
// column: machines: integer -- How many bare machines are in it.
// column: free: integer -- How many of these can be taken: they are available,
//   of no server, in no maintenance, and without a fault.
// column: in_maintenance: integer -- How many of these an operator works on.
// column: with_fault: integer -- How many of these have a fault.
// column: hosts: integer -- How many compute nodes they are.
// column: instances: integer -- How many servers these have.
// column: host_names: list of string -- Names of the compute nodes, sorted.
MATCH (x:Chassis)
WHERE ($region IS NULL OR x.region = $region)
OPTIONAL MATCH (x)<-[:PART_OF]-(m:BaremetalNode)
WITH x, count(m) AS machines,
     sum(CASE
       WHEN m.provision_state = 'available' AND m.instance_uuid IS NULL
         AND NOT m.maintenance AND m.fault IS NULL
       THEN 1 ELSE 0
     END) AS free,
     sum(CASE WHEN m.maintenance THEN 1 ELSE 0 END) AS in_maintenance,
     sum(CASE WHEN m.fault IS NULL THEN 0 ELSE 1 END) AS with_fault
OPTIONAL MATCH (x)<-[:PART_OF]-(:BaremetalNode)<-[:BACKED_BY]-(h:ComputeNode)
WITH DISTINCT x, machines, free, in_maintenance, with_fault, h
OPTIONAL MATCH (h)<-[:HOSTED_ON]-(i:Instance)
WITH x, machines, free, in_maintenance, with_fault, h, count(i) AS there
ORDER BY h.hostname, h.id
WITH x, machines, free, in_maintenance, with_fault, count(h) AS hosts,
     sum(there) AS instances, collect(h.hostname) AS host_names
RETURN x.region AS region, x.uuid AS chassis, x.description AS description,
       machines, free, in_maintenance, with_fault, hosts, instances,
       host_names
ORDER BY region, chassis
