// A vertex is one node in its region; the mirror looks for it by both.
CREATE CONSTRAINT availability_zone_id IF NOT EXISTS
FOR (n:AvailabilityZone) REQUIRE (n.region, n.id) IS UNIQUE
