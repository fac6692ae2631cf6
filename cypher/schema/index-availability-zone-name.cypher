// Questions name a zone by its name, in any region.
CREATE INDEX availability_zone_name IF NOT EXISTS
FOR (n:AvailabilityZone) ON (n.name)
