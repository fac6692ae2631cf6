// title: Volumes by type
// about: How many volumes each type has, how large they are together, and how
//   many of them no server uses, as Nova says; the types with the most space
//   first.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: volume_type: string -- Name of the type.
// column: public: boolean -- Whether every project sees it.
// column: volumes: integer -- How many volumes.
// column: volumes_gb: integer -- Size of these, in GiB.
// column: unattached: integer -- How many of them no server uses.
// column: unattached_gb: integer -- Size of these, in GiB.
// column: projects: integer -- How many projects own the volumes.
// column: pools: integer -- How many pools have them.
MATCH (x:VolumeType)
WHERE ($region IS NULL OR x.region = $region)
OPTIONAL MATCH (x)<-[:OF_TYPE]-(v:Volume)
OPTIONAL MATCH (v)-[:ATTACHED_TO]->(i:Instance)
WITH x, v, count(i) AS users
WITH x, count(v) AS volumes, sum(v.size_gb) AS volumes_gb,
     sum(CASE WHEN v IS NULL OR users > 0 THEN 0 ELSE 1 END) AS unattached,
     sum(CASE WHEN v IS NULL OR users > 0 THEN 0 ELSE v.size_gb END)
       AS unattached_gb,
     count(DISTINCT v.project_id) AS projects, count(DISTINCT v.pool) AS pools
RETURN x.region AS region, x.name AS volume_type, x.is_public AS public,
       volumes, volumes_gb, unattached, unattached_gb, projects, pools
ORDER BY volumes_gb DESC, region, volume_type, x.id
