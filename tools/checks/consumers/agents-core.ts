import { parseTask } from '@fw/agents-core';

export const task = parseTask({ specVersion: 1, id: 'task-1', goal: 'Add a test.' });
export const limits = task.limits;
