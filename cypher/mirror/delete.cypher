// Delete nodes of one kind, with their relations.
// parameter: region
// parameter: ids: list of string
UNWIND $ids AS id
MATCH (element:<kind> {region: $region, id: id})
DETACH DELETE element
