// Tell what the nodes of one kind are, as far as it takes to compare them.
// parameter: region
MATCH (element:<kind>)
WHERE element.region = $region
RETURN element.id AS id, element.hash AS hash
