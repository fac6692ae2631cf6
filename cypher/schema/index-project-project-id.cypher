// Questions name a project by its id, in any region.
CREATE INDEX project_project_id IF NOT EXISTS
FOR (n:Project) ON (n.project_id)
