// title: Instances of flavors that are no more
// about: The servers whose flavor is not in the model, by flavor: it was
//   deleted, or renamed.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: flavor: string -- Name of the flavor, as the servers have it.
// column: instances: integer -- How many servers.
MATCH (i:Instance)
WHERE i.flavor_name IS NOT NULL AND ($region IS NULL OR i.region = $region)
WITH i.region AS region, i.flavor_name AS flavor, count(*) AS instances
OPTIONAL MATCH (f:Flavor {region: region, id: 'flavor/' + flavor})
WITH region, flavor, instances, f
WHERE f IS NULL
RETURN region, flavor, instances
ORDER BY instances DESC, region, flavor
