// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT flavor_id IF NOT EXISTS
FOR (n:Flavor) REQUIRE (n.region, n.id) IS UNIQUE
