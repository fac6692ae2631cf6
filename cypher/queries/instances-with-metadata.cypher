// title: Instances with a piece of metadata
// about: The servers whose owner gave them a name with a value. In the
//   database a pair is the string 'name=value'; a '%' or '=' in the name is
//   written %25 or %3D there, and as it is here.
// parameter: key: string -- Name in the metadata.
// parameter: value: string -- Its value.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: metadata: list of string -- All of its metadata, each name=value.
WITH replace(replace($key, '%', '%25'), '=', '%3D') + '=' + $value AS pair
MATCH (i:Instance)
WHERE pair IN i.metadata AND ($region IS NULL OR i.region = $region)
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, i.metadata AS metadata
ORDER BY region, instance
LIMIT $limit
