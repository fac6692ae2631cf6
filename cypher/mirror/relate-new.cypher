// Relate sources that have no relations of that type yet to targets.
// parameter: region
// parameter: rows: list of {target, ids}
UNWIND $rows AS row
MATCH (target:<target> {region: $region, id: row.target})
UNWIND row.ids AS id
MATCH (source:<source> {region: $region, id: id})
CREATE (source)-[:<relation>]->(target)
