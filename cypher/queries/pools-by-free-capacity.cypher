// title: Pools by free capacity
// about: The pools of the back ends that are enabled and up, by how much may
//   still be promised of them. That is counted as Cinder's scheduler does it,
//   but for a ratio or a share that a volume type asks for: of a thin pool its
//   space times its ratio, without what was promised and what is kept back; of
//   any other what is left, without what is kept back. Where a driver does not
//   say it, or says that it has no end, it is null; these come last.
// parameter: least_first: boolean = false -- Whether those of which the least
//   may still be promised come first, and not those of which the most may.
// parameter: unavailable: boolean = false -- Whether pools of back ends that
//   are disabled, down or not known are told as well.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: pool: string -- Name of the pool.
// column: state: string -- Whether its cinder-volume reports: up or down.
// column: status: string -- Whether the scheduler may use it: enabled or
//   disabled.
// column: thin: boolean -- Whether volumes take space as they are written.
// column: total_gb: float -- Space that it has, in GiB.
// column: free_gb: float -- Space that is left of that, in GiB.
// column: provisioned_gb: float -- Space that was promised, in GiB.
// column: virtual_free_gb: float -- Space that may still be promised, in GiB;
//   below 0 if too much was.
// column: volumes: integer -- How many volumes are in it.
// column: volumes_gb: integer -- Size of these, in GiB.
MATCH (p:StoragePool)
WHERE ($region IS NULL OR p.region = $region)
OPTIONAL MATCH (p)-[:PART_OF]->(s:StorageNode)
WITH p, s
WHERE $unavailable OR s.state = 'up' AND s.status = 'enabled'
OPTIONAL MATCH (p)<-[:HOSTED_ON]-(v:Volume)
WITH p, s, count(v) AS volumes, sum(v.size_gb) AS volumes_gb,
     floor(p.total_capacity_gb * p.reserved_percentage / 100) AS reserved_gb
WITH p, s, volumes, volumes_gb,
     CASE
       WHEN p.thin_provisioning
       THEN p.total_capacity_gb * p.max_over_subscription_ratio
         - p.provisioned_capacity_gb - reserved_gb
       ELSE p.free_capacity_gb - reserved_gb
     END AS virtual_free_gb
RETURN p.region AS region, p.name AS pool, s.state AS state,
       s.status AS status, p.thin_provisioning AS thin,
       p.total_capacity_gb AS total_gb, p.free_capacity_gb AS free_gb,
       p.provisioned_capacity_gb AS provisioned_gb, virtual_free_gb, volumes,
       volumes_gb
ORDER BY virtual_free_gb IS NULL,
         CASE
           WHEN $least_first THEN virtual_free_gb ELSE -virtual_free_gb
         END, region, pool
LIMIT $limit
