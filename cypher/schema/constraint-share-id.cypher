// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT share_id IF NOT EXISTS
FOR (n:Share) REQUIRE (n.region, n.id) IS UNIQUE
