// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT project_id IF NOT EXISTS
FOR (n:Project) REQUIRE (n.region, n.id) IS UNIQUE
