// title: Elements by kind
// about: How many elements of each kind the database has of each region.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: kind: string -- The kind.
// column: elements: integer -- How many.
MATCH (n)
WHERE n.id IS NOT NULL AND ($region IS NULL OR n.region = $region)
WITH n.region AS region, labels(n)[0] AS kind, count(*) AS elements
WHERE region IS NOT NULL
RETURN region, kind, elements
ORDER BY region, kind
