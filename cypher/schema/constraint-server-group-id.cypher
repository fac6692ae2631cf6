// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT server_group_id IF NOT EXISTS
FOR (n:ServerGroup) REQUIRE (n.region, n.id) IS UNIQUE
