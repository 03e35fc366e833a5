export { loadZod, withZod } from '@fw/models/with-zod';
export type { Zod } from '@fw/models/with-zod';
