// title: Volumes of an instance
// about: The volumes that a server uses, as Nova says, and where they are.
//   What only Cinder knows is null where it is not read.
// parameter: instance: string -- UUID of the server.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: volume: string -- UUID of the volume.
// column: name: string -- Name of the volume.
// column: status: string -- Its status.
// column: size_gb: integer -- Its size, in GiB.
// column: volume_type: string -- Name of its type.
// column: bootable: boolean -- Whether a server can boot from it.
// column: pool: string -- Pool that holds it.
// column: backend_state: string -- Whether the cinder-volume of that pool
//   reports: up or down.
// column: users: integer -- How many servers use it.
MATCH (i:Instance {uuid: $instance})<-[:ATTACHED_TO]-(v:Volume)
WHERE ($region IS NULL OR i.region = $region)
OPTIONAL MATCH (s:StorageNode {host: split(v.pool, '#')[0]})
WHERE s.region = v.region
RETURN v.region AS region, v.uuid AS volume, v.name AS name,
       v.status AS status, v.size_gb AS size_gb, v.volume_type AS volume_type,
       v.bootable AS bootable, v.pool AS pool, s.state AS backend_state,
       size([(v)-[:ATTACHED_TO]->(any:Instance) | any.id]) AS users
ORDER BY region, volume
