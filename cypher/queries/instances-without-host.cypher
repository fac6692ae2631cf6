// title: Instances without a host
// about: The servers that no host has: being built, failed, or placeholders.
//   Those that are shelved and offloaded have none by design; they are told
//   only if asked for.
// parameter: shelved: boolean = false -- Whether those that are offloaded are
//   told as well.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: vm_state: string -- Its state.
// column: task_state: string -- What is being done to it.
// column: created_at: datetime -- When it was created.
MATCH (i:Instance)
WHERE i.node IS NULL AND i.host IS NULL
  AND ($shelved OR i.vm_state <> 'shelved_offloaded')
  AND ($region IS NULL OR i.region = $region)
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, i.vm_state AS vm_state,
       i.task_state AS task_state, datetime(i.created_at) AS created_at
ORDER BY region, instance
LIMIT $limit
