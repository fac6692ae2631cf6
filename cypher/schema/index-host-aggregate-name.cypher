// Questions name an aggregate by its name.
CREATE INDEX host_aggregate_name IF NOT EXISTS
FOR (n:HostAggregate) ON (n.name)
