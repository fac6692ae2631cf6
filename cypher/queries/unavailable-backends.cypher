// title: Back ends that are disabled or down
// about: The back ends of Cinder that take no volumes now, why, and how many
//   volumes they have. These are counted by the name of their pool, for the
//   pools of a back end that is away need not be known.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: backend: string -- Name of the back end, as host@backend.
// column: zone: string -- Zone of Cinder that it is in.
// column: state: string -- Whether its cinder-volume reports: up or down.
// column: status: string -- Whether the scheduler may use it: enabled or
//   disabled.
// column: reason: string -- Why it was disabled, if that was said.
// column: pools: integer -- How many pools are known of it.
// column: volumes: integer -- How many volumes it has.
// column: volumes_gb: integer -- Size of these, in GiB.
MATCH (s:StorageNode)
WHERE (s.state <> 'up' OR s.status <> 'enabled')
  AND ($region IS NULL OR s.region = $region)
OPTIONAL MATCH (v:Volume)
WHERE v.region = s.region
  AND (v.pool = s.host OR v.pool STARTS WITH s.host + '#')
WITH s, count(v) AS volumes, sum(v.size_gb) AS volumes_gb
OPTIONAL MATCH (s)<-[:PART_OF]-(p:StoragePool)
WITH s, volumes, volumes_gb, count(p) AS pools
RETURN s.region AS region, s.host AS backend, s.availability_zone AS zone,
       s.state AS state, s.status AS status, s.disabled_reason AS reason,
       pools, volumes, volumes_gb
ORDER BY volumes DESC, region, backend
