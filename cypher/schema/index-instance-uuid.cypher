// Questions name a server by its UUID, in any region.
CREATE INDEX instance_uuid IF NOT EXISTS
FOR (n:Instance) ON (n.uuid)
