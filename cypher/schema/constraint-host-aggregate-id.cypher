// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT host_aggregate_id IF NOT EXISTS
FOR (n:HostAggregate) REQUIRE (n.region, n.id) IS UNIQUE
