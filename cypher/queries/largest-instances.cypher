// title: Largest instances
// about: The servers with the most virtual CPUs, and of these with the most
//   memory first. Disk is what is taken of the host: root (unless booted from
//   a volume), ephemeral and swap.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: vcpus: integer -- Virtual CPUs of the server.
// column: memory_mb: integer -- Memory of the server, in MiB.
// column: disk_gb: integer -- Disk that it takes of its host, in GiB.
MATCH (i:Instance)
WHERE ($region IS NULL OR i.region = $region)
WITH i
ORDER BY i.vcpus DESC, i.memory_mb DESC, i.region, i.uuid
LIMIT $limit
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, i.vcpus AS vcpus, i.memory_mb AS memory_mb,
       i.ephemeral_gb + (i.swap_mb + 1023) / 1024
         + CASE WHEN coalesce(i.image_id, '') = '' THEN 0 ELSE i.disk_gb END
         AS disk_gb
ORDER BY vcpus DESC, memory_mb DESC, region, instance
