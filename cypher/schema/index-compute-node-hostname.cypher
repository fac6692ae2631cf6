// Questions name a hypervisor by its name, in any region.
CREATE INDEX compute_node_hostname IF NOT EXISTS
FOR (n:ComputeNode) ON (n.hostname)
