// Questions name a pool by its name, in any region.
CREATE INDEX storage_pool_name IF NOT EXISTS
FOR (n:StoragePool) ON (n.name)
