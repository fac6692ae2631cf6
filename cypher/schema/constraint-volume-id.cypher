// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT volume_id IF NOT EXISTS
FOR (n:Volume) REQUIRE (n.region, n.id) IS UNIQUE
