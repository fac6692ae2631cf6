// title: Instances by flavor
// about: How many servers each flavor has, and what they take together.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: flavor: string -- Name of the flavor.
// column: instances: integer -- How many servers.
// column: vcpus: integer -- Virtual CPUs of all of them.
// column: memory_mb: integer -- Memory of all of them, in MiB.
MATCH (f:Flavor)
WHERE ($region IS NULL OR f.region = $region)
OPTIONAL MATCH (f)<-[:OF_FLAVOR]-(i:Instance)
WITH f, count(i) AS instances, sum(i.vcpus) AS vcpus,
     sum(i.memory_mb) AS memory_mb
RETURN f.region AS region, f.name AS flavor, instances, vcpus, memory_mb
ORDER BY instances DESC, region, flavor
