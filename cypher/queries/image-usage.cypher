// title: Instances by image
// about: How many servers were built from each image, and of how many
//   projects. Those without an image boot from volumes.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: image: string -- Identifier of the image.
// column: instances: integer -- How many servers.
// column: projects: integer -- How many projects own them.
MATCH (i:Instance)
WHERE ($region IS NULL OR i.region = $region)
WITH i.region AS region, i.image_id AS image, count(*) AS instances,
     count(DISTINCT i.project_id) AS projects
RETURN region, image, instances, projects
ORDER BY instances DESC, region, image
