// title: Bare machines in maintenance or with a fault
// about: The bare machines that an operator works on, that Ironic found
//   something wrong with, or with which something failed; and what runs on
//   them.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: machine: string -- UUID of the machine.
// column: name: string -- Name of the machine.
// column: chassis: string -- UUID of the chassis that it is in.
// column: power_state: string -- Whether it is on, as far as that is known.
// column: provision_state: string -- Its state, such as active.
// column: maintenance: boolean -- Whether an operator works on it.
// column: reason: string -- Why it is in maintenance, if that was said.
// column: fault: string -- What Ironic found wrong with it.
// column: deployed: string -- UUID of the server that Ironic says is on it.
// column: hosts: list of string -- Names of the compute nodes that it is,
//   sorted.
// column: instances: integer -- How many servers Nova says these have.
MATCH (m:BaremetalNode)
WHERE ($region IS NULL OR m.region = $region)
  AND (m.maintenance OR m.fault IS NOT NULL OR m.power_state = 'error'
    OR m.provision_state = 'error' OR m.provision_state ENDS WITH ' failed')
OPTIONAL MATCH (m)<-[:BACKED_BY]-(h:ComputeNode)
OPTIONAL MATCH (h)<-[:HOSTED_ON]-(i:Instance)
WITH m, h, count(i) AS there
ORDER BY h.hostname, h.id
WITH m, collect(h.hostname) AS hosts, sum(there) AS instances
RETURN m.region AS region, m.uuid AS machine, m.name AS name,
       m.chassis_uuid AS chassis, m.power_state AS power_state,
       m.provision_state AS provision_state, m.maintenance AS maintenance,
       m.maintenance_reason AS reason, m.fault AS fault,
       m.instance_uuid AS deployed, hosts, instances
ORDER BY region, machine
