// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT compute_node_id IF NOT EXISTS
FOR (n:ComputeNode) REQUIRE (n.region, n.id) IS UNIQUE
