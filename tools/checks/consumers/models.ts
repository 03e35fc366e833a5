import { addUsage, noUsage } from '@fw/models';

export const sum = addUsage(noUsage, noUsage);
