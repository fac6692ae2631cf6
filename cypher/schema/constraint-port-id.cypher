// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT port_id IF NOT EXISTS
FOR (n:Port) REQUIRE (n.region, n.id) IS UNIQUE
