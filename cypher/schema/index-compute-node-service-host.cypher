// Rows of Nova name a hypervisor by its service.
CREATE INDEX compute_node_service_host IF NOT EXISTS
FOR (n:ComputeNode) ON (n.service_host)
