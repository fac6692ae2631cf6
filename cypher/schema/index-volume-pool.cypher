// Questions find the volumes of a pool or a back end by the pool's name.
CREATE INDEX volume_pool IF NOT EXISTS
FOR (n:Volume) ON (n.pool)
