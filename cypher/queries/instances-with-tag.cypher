// title: Instances with a tag
// about: The servers that carry a tag.
// parameter: tag: string -- The tag.
// parameter: limit: integer = 100 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: instance: string -- UUID of the server.
// column: name: string -- Name of the server.
// column: project: string -- Project that owns the server.
// column: tags: list of string -- All of its tags, sorted.
MATCH (i:Instance)
WHERE $tag IN i.tags AND ($region IS NULL OR i.region = $region)
RETURN i.region AS region, i.uuid AS instance, i.name AS name,
       i.project_id AS project, i.tags AS tags
ORDER BY region, instance
LIMIT $limit
