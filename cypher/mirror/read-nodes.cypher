// Tell all of the nodes of one kind.
// parameter: region
MATCH (element:<kind>)
WHERE element.region = $region
RETURN properties(element) AS properties
