// title: What servers refer to that is not known
// about: The hypervisors, targets of moves and flavors that a server names and
//   that the model does not have. Each is a placeholder: it becomes a relation
//   as soon as the other end is known.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: relation: string -- The relation that is missing.
// column: reference: string -- What the server calls the other end.
MATCH (i:Instance)
WHERE ($region IS NULL OR i.region = $region)
  AND (i.node IS NOT NULL AND NOT (i)-[:HOSTED_ON]->()
    OR i.migrating_to IS NOT NULL AND NOT (i)-[:MIGRATING_TO]->()
    OR i.flavor_name IS NOT NULL AND NOT (i)-[:OF_FLAVOR]->())
OPTIONAL MATCH (i)-[:HOSTED_ON]->(h:ComputeNode)
WITH i, h, size([(i)-[:MIGRATING_TO]->(t:ComputeNode) | t.id]) AS targets,
     size([(i)-[:OF_FLAVOR]->(f:Flavor) | f.id]) AS flavors
UNWIND [
  ['HOSTED_ON', CASE WHEN h IS NULL THEN i.node END],
  ['MIGRATING_TO', CASE
    WHEN targets = 0 AND coalesce(h.service_host, '') <> i.migrating_to
    THEN i.migrating_to
  END],
  ['OF_FLAVOR', CASE WHEN flavors = 0 THEN i.flavor_name END]
] AS pair
WITH i, pair[0] AS relation, pair[1] AS reference
WHERE reference IS NOT NULL
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, relation, reference
ORDER BY region, instance, relation
LIMIT $limit
