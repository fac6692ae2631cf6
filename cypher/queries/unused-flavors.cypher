// title: Flavors that nobody uses
// about: The flavors that no server has.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: flavor: string -- Name of the flavor.
// column: flavor_id: string -- Identifier that the API takes.
// column: public: boolean -- Whether every project sees it.
// column: disabled: boolean -- Whether it is disabled.
MATCH (f:Flavor)
WHERE ($region IS NULL OR f.region = $region) AND NOT (f)<-[:OF_FLAVOR]-()
RETURN f.region AS region, f.name AS flavor, f.flavor_id AS flavor_id,
       f.is_public AS public, f.disabled AS disabled
ORDER BY region, flavor
