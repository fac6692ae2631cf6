// title: Projects with the most space in volumes
// about: How large the volumes of each project are together, how many of them
//   no server uses, as Nova says, and what snapshots it has; the largest
//   projects come first.
// parameter: limit: integer = 20 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: project: string -- Identifier of the project.
// column: volumes: integer -- How many volumes it owns.
// column: volumes_gb: integer -- Size of these, in GiB.
// column: unattached: integer -- How many of them no server uses.
// column: unattached_gb: integer -- Size of these, in GiB.
// column: snapshots: integer -- How many snapshots it owns.
// column: snapshots_gb: integer -- Size of these, in GiB.
MATCH (p:Project)<-[:OWNED_BY]-(v:Volume)
WHERE ($region IS NULL OR p.region = $region)
OPTIONAL MATCH (v)-[:ATTACHED_TO]->(i:Instance)
WITH p, v, count(i) AS users
WITH p, count(*) AS volumes, sum(v.size_gb) AS volumes_gb,
     sum(CASE WHEN users > 0 THEN 0 ELSE 1 END) AS unattached,
     sum(CASE WHEN users > 0 THEN 0 ELSE v.size_gb END) AS unattached_gb
ORDER BY volumes_gb DESC, p.region, p.project_id
LIMIT $limit
OPTIONAL MATCH (p)<-[:OWNED_BY]-(t:VolumeSnapshot)
WITH p, volumes, volumes_gb, unattached, unattached_gb,
     count(t) AS snapshots, sum(t.size_gb) AS snapshots_gb
RETURN p.region AS region, p.project_id AS project, volumes, volumes_gb,
       unattached, unattached_gb, snapshots, snapshots_gb
ORDER BY volumes_gb DESC, region, project
