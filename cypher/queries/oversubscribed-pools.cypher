// title: Pools that promised more than they may
// about: The pools of which too much was promised, the worst first. Of a thin
//   pool that is more than its space times its ratio, without what is kept
//   back; with a ratio of 1 these are the pools that cannot hold what they
//   promised. Of any other pool less is left than is kept back. Pools whose
//   space is not known are not told.
// parameter: ratio: float = null -- How many times its space a thin pool may
//   promise; if null, what the pool itself says.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: pool: string -- Name of the pool.
// column: thin: boolean -- Whether volumes take space as they are written.
// column: total_gb: float -- Space that it has, in GiB.
// column: free_gb: float -- Space that is left of that, in GiB.
// column: provisioned_gb: float -- Space that was promised, in GiB.
// column: times_promised: float -- How many times its space was promised; null
//   if it has none.
// column: times_allowed: float -- How many times it may be, as the pool says.
// column: virtual_free_gb: float -- Space that may still be promised, in GiB:
//   below 0.
MATCH (p:StoragePool)
WHERE ($region IS NULL OR p.region = $region)
WITH p,
     coalesce($ratio, p.max_over_subscription_ratio) AS ratio,
     floor(p.total_capacity_gb * p.reserved_percentage / 100) AS reserved_gb
WITH p,
     CASE
       WHEN p.thin_provisioning
       THEN p.total_capacity_gb * ratio
         - p.provisioned_capacity_gb - reserved_gb
       ELSE p.free_capacity_gb - reserved_gb
     END AS virtual_free_gb
WHERE virtual_free_gb < 0
RETURN p.region AS region, p.name AS pool, p.thin_provisioning AS thin,
       p.total_capacity_gb AS total_gb, p.free_capacity_gb AS free_gb,
       p.provisioned_capacity_gb AS provisioned_gb,
       CASE
         WHEN p.total_capacity_gb > 0
         THEN p.provisioned_capacity_gb / p.total_capacity_gb
       END AS times_promised,
       p.max_over_subscription_ratio AS times_allowed, virtual_free_gb
ORDER BY virtual_free_gb, region, pool
