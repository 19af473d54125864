import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { type Addressing, type AddressingOptions, addressing, MAX_STACKS } from './addressing.ts';
import { removeEverything } from './namespaces.ts';
import { takeProcessLock } from './process-lock.ts';
import { run } from './run.ts';
import { StackError } from './stack-error.ts';

/** One lock per stack number; given back by the operating system when its owner dies. */
export const CLAIM_PREFIX = '/run/lock/postern-stack-';

export interface Claim {
  plan: Addressing;
  release: () => void;
}

/**
 * Takes the first free number, removes what a killed owner of it left behind, and checks that the host does not use
 * its network. Rejects when all numbers are taken or in the way of the host's own networks.
 */
export async function claimStack(gatewayCount: number, options: AddressingOptions): Promise<Claim> {
  const refused: string[] = [];
  for (let number = 0; number < MAX_STACKS; number++) {
    const plan = addressing(number, gatewayCount, options);
    const lock = takeProcessLock(`${CLAIM_PREFIX}${number}.lock`);
    if (!lock.isHeld) {
      refused.push(`${number}: taken by the stack with pid ${lock.holder}`);
      continue;
    }
    try {
      await removeEverything(plan.prefix, 0);
      const conflict = await hostUse(plan.outsideCidr);
      if (conflict === null) return { plan, release: lock.release };
      refused.push(`${number}: the host uses ${conflict}, which covers ${plan.outsideCidr}`);
    } catch (error) {
      lock.release();
      throw error;
    }
    lock.release();
  }
  throw new StackError(`no free network for another stack:\n${refused.slice(0, 5).join('\n')}\n…`);
}

const routes = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));

/** The host's own network (not its default route) that overlaps `network`, or null. */
async function hostUse(network: string): Promise<string | null> {
  const wanted = ipaddr.parseCIDR(network);
  const listed = routes.parse(
    JSON.parse((await run('ip', ['-j', '-4', 'route', 'show', 'table', 'all'])) || '[]'),
  );
  for (const { dst, dev } of listed) {
    if (dst === 'default') continue;
    const own = ipaddr.parseCIDR(dst.includes('/') ? dst : `${dst}/32`);
    const shorter = Math.min(own[1], wanted[1]);
    if (own[1] > 0 && own[0].match(wanted[0], shorter)) return `${dst} (${dev ?? 'no interface'})`;
  }
  return null;
}
