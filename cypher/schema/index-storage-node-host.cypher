// Questions name a back end by its host, in any region.
CREATE INDEX storage_node_host IF NOT EXISTS
FOR (n:StorageNode) ON (n.host)
