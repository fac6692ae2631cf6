// Relate sources that have no relations of that type yet.
// parameter: region
// parameter: rows: list of {id, target}
UNWIND $rows AS row
MATCH (source:<source> {region: $region, id: row.id})
MATCH (target:<target> {region: $region, id: row.target})
MERGE (source)-[:<relation>]->(target)
