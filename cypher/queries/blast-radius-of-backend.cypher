// title: What the loss of a back end touches
// about: How many volumes, snapshots, projects and servers are touched if a
//   back end of Cinder fails. The volumes are found by the name of their pool,
//   for the pools of a back end that is away need not be known; the servers
//   are those that use them, as Nova says.
// parameter: backend: string -- Name of the back end, as host@backend.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: backend: string -- Name of the back end.
// column: volumes: integer -- How many volumes.
// column: volumes_gb: integer -- Size of these, in GiB.
// column: snapshots: integer -- How many snapshots of them there are.
// column: projects: integer -- How many projects own the volumes.
// column: instances: integer -- How many servers use them.
// column: project_ids: list of string -- Identifiers of the projects, sorted.
// column: instance_ids: list of string -- UUIDs of the servers, sorted.
MATCH (x:StorageNode {host: $backend})
WHERE ($region IS NULL OR x.region = $region)
OPTIONAL MATCH (v:Volume)
WHERE v.region = x.region
  AND (v.pool = x.host OR v.pool STARTS WITH x.host + '#')
OPTIONAL MATCH (v)<-[:SNAPSHOT_OF]-(t:VolumeSnapshot)
WITH x, v, count(t) AS snapshots
OPTIONAL MATCH (v)-[:ATTACHED_TO]->(i:Instance)
WITH x, v, snapshots, collect(i.uuid) AS users
WITH x, count(v) AS volumes, sum(v.size_gb) AS volumes_gb,
     sum(snapshots) AS snapshots, collect(DISTINCT v.project_id) AS projects,
     collect(users) AS several
// Rows that are sorted hold no list: there may be many of both.
WITH x, volumes, volumes_gb, snapshots,
     [each IN projects | ['project', each]]
       + [each IN several WHERE size(each) > 0 | ['servers', each]]
       + [['none', null]] AS touched
UNWIND touched AS each
WITH x, volumes, volumes_gb, snapshots, each[0] AS what,
     CASE WHEN each[0] = 'servers' THEN each[1] ELSE [each[1]] END AS those
UNWIND those AS one
WITH DISTINCT x, volumes, volumes_gb, snapshots, what, one
ORDER BY one
WITH x, volumes, volumes_gb, snapshots,
     collect(CASE WHEN what = 'project' THEN one END) AS project_ids,
     collect(CASE WHEN what = 'servers' THEN one END) AS instance_ids
RETURN x.region AS region, x.host AS backend, volumes, volumes_gb, snapshots,
       size(project_ids) AS projects, size(instance_ids) AS instances,
       project_ids, instance_ids
ORDER BY region, backend
