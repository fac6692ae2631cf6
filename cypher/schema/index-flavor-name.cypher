// Questions name a flavor by its name, in any region.
CREATE INDEX flavor_name IF NOT EXISTS
FOR (n:Flavor) ON (n.name)
