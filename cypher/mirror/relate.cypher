// Make sources be related to the targets that are given, and to no others.
// It is one statement, so that a server that moves is never on two nodes.
// parameter: region
// parameter: rows: list of {id, targets}
UNWIND $rows AS row
MATCH (source:<source> {region: $region, id: row.id})
OPTIONAL MATCH (source)-[known:<relation>]->(was:<target>)
WHERE NOT was.id IN row.targets
DELETE known
WITH DISTINCT source, row
UNWIND row.targets AS id
MATCH (target:<target> {region: $region, id: id})
MERGE (source)-[:<relation>]->(target)
