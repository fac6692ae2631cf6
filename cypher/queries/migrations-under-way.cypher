// title: Migrations under way
// about: The servers that are being moved, from where and to where. The target
//   is null where no host of the model has that name.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: task_state: string -- What is being done to it.
// column: source: string -- Name of the hypervisor that it is on.
// column: target: string -- Name of the hypervisor that it is going to.
// column: target_host: string -- Host of the nova-compute service that it is
//   going to.
MATCH (i:Instance)
WHERE i.migrating_to >= '' AND ($region IS NULL OR i.region = $region)
WITH i, head([(i)-[:HOSTED_ON]->(s:ComputeNode) | s.hostname]) AS source,
     [(i)-[:MIGRATING_TO]->(t:ComputeNode) | t.hostname] AS targets
UNWIND CASE WHEN targets = [] THEN [null] ELSE targets END AS target
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.task_state AS task_state, source, target,
       i.migrating_to AS target_host
ORDER BY region, instance, target
