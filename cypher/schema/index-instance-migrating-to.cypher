// Migrations under way: few servers have one at a time.
CREATE INDEX instance_migrating_to IF NOT EXISTS
FOR (n:Instance) ON (n.migrating_to)
