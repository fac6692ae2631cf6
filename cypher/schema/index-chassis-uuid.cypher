// Questions name a chassis by its UUID, in any region.
CREATE INDEX chassis_uuid IF NOT EXISTS
FOR (n:Chassis) ON (n.uuid)
