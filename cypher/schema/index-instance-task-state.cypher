// What is being done to servers: few have one at a time.
CREATE INDEX instance_task_state IF NOT EXISTS
FOR (n:Instance) ON (n.task_state)
