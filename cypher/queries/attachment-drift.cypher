// title: Attachments that only Nova or only Cinder tells
// about: The servers that use a volume as Nova says and not as Cinder does, or
//   the other way round. A volume that is being attached or detached is here
//   for a moment; one that stays is what a failure left behind. Only clouds
//   whose Cinder is read are looked at.
// parameter: limit: integer = 1000 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: volume: string -- UUID of the volume.
// column: name: string -- Name of the volume.
// column: project: string -- Project that owns the volume.
// column: status: string -- Its status; null if Cinder does not know it.
// column: instance: string -- UUID of the server.
// column: instance_known: boolean -- Whether Nova knows the server.
// column: vm_state: string -- State of the server.
// column: said_by: string -- Who says it: Nova or Cinder.
MATCH (s:StorageNode)
WHERE ($region IS NULL OR s.region = $region)
WITH DISTINCT s.region AS region
MATCH (v:Volume {region: region})
WITH v, [(v)-[:ATTACHED_TO]->(i:Instance) | i.uuid] AS nova,
     coalesce(v.attached_to, []) AS cinder
UNWIND [each IN nova WHERE NOT each IN cinder | ['Nova', each]]
  + [each IN cinder WHERE NOT each IN nova | ['Cinder', each]] AS pair
WITH v, pair[0] AS said_by, pair[1] AS instance
ORDER BY v.region, v.uuid, instance
LIMIT $limit
OPTIONAL MATCH (i:Instance {uuid: instance})
WHERE i.region = v.region
RETURN v.region AS region, v.uuid AS volume, v.name AS name,
       v.project_id AS project, v.status AS status, instance,
       i IS NOT NULL AS instance_known, i.vm_state AS vm_state, said_by
ORDER BY region, volume, instance
