// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT instance_id IF NOT EXISTS
FOR (n:Instance) REQUIRE (n.region, n.id) IS UNIQUE
