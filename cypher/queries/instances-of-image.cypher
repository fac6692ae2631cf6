// title: Instances of an image
// about: The servers that were built from an image.
// parameter: image: string -- Identifier of the image.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: vm_state: string -- Its state.
MATCH (i:Instance)
WHERE i.image_id = $image AND ($region IS NULL OR i.region = $region)
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, i.vm_state AS vm_state
ORDER BY region, instance
LIMIT $limit
