// Make nodes of one kind be as they are given.
// parameter: region
// parameter: rows: list of {id, properties, moments}
UNWIND $rows AS row
MERGE (element:<kind> {region: $region, id: row.id})
SET element = row.properties
  , element.<moment> = datetime(row.moments.<moment>)
