import * as z from 'zod';
import { overlapSide } from './helper-rpc.ts';

/**
 * Networks of the team that this computer's own network has too, and whose they are now. `choice`: `open`, the user is
 * asked; `made`, by the user, for this network; `guard`, none, for what is held back decides it; `none`, the helper is
 * too old to be told.
 */
export const overlap = z.object({
  networks: z.array(z.string()),
  side: overlapSide,
  choice: z.enum(['open', 'made', 'guard', 'none']),
});
export type Overlap = z.infer<typeof overlap>;
