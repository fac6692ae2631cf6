// Questions name a server by its name.
CREATE INDEX instance_name IF NOT EXISTS
FOR (n:Instance) ON (n.name)
