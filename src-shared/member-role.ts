import * as z from 'zod';

/** What a member may do in the Control Panel. */
export const memberRole = z.enum(['owner', 'administrator', 'member']);
export type MemberRole = z.infer<typeof memberRole>;
